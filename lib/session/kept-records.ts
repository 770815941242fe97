import { recordKey } from './record-key.js'
import type { Cis2SessionRecord } from './session-data.js'
import type { RegistrySettings } from './session-index.js'
import type { SharedRecords } from './shared-records.js'

/** A login, as far as it tells what is kept for it. */
export type KeptBeside = Pick<Cis2SessionRecord, 'keptBeside' | 'login'>

/** What is kept beside a session for its login, and has to go with it: the tokens of the API platform. */
export class KeptRecords {
  readonly #records: SharedRecords
  readonly #settings: RegistrySettings

  constructor(records: SharedRecords, settings: RegistrySettings) {
    this.#records = records
    this.#settings = settings
  }

  /**
   * Puts on record that something is kept for a login. The session says so too, but it may be written over by a slow
   * request, or have gone on under another id meanwhile.
   */
  async note(login: KeptBeside, key: string): Promise<void> {
    const noted = await this.#noted(login)
    if (noted.includes(key)) return
    await this.#records.set(this.#keyOf(login), [...noted, key], this.#settings.lifetimeSeconds)
  }

  /** Deletes what was kept for a login that has ended. */
  async delete(login: KeptBeside): Promise<void> {
    const { keptBeside = [] } = login
    const deleteAll = async (keys: readonly string[]): Promise<void> => {
      await Promise.all(keys.map((key) => this.#records.delete(key)))
    }
    const rest = this.#noted(login).then((noted) => noted.filter((key) => !keptBeside.includes(key)))
    await Promise.all([deleteAll(keptBeside), rest.then(deleteAll)])
  }

  async #noted(login: KeptBeside): Promise<readonly string[]> {
    const found = await this.#records.get(this.#keyOf(login))
    return Array.isArray(found) ? found.filter((key) => typeof key === 'string') : []
  }

  #keyOf({ login }: KeptBeside): string {
    return recordKey(this.#settings.namespace, 'kept beside', login)
  }
}
