import { pause } from '../deadline.js'
import { randomFraction, randomText } from '../random.js'
import type { SharedRecords } from './shared-records.js'
import type { HeldLock, StoreLock } from './store-lock.js'

const settlingMs = 40

/**
 * Locks for any session store, which can only read and write whole records. Whoever finds no lock writes its own, waits
 * for others who have found none either, and has it if its own is still there.
 *
 * A store that takes longer than the wait for one write can let two through: what the lock protects has to notice that.
 */
export class RecordLock implements StoreLock {
  readonly #records: SharedRecords

  constructor(records: SharedRecords) {
    this.#records = records
  }

  async take(key: string, lifetimeMs: number): Promise<HeldLock | undefined> {
    const owner = randomText(16)
    const found = await this.#records.get(key)
    if (isLock(found) && found.until > Date.now()) return undefined
    await this.#records.set(key, { owner, until: Date.now() + lifetimeMs }, lifetimeMs / 1000)
    await pause(settlingMs * (1 + randomFraction()))
    return (await this.#isMine(key, owner)) ? { release: () => this.#release(key, owner) } : undefined
  }

  async #release(key: string, owner: string): Promise<void> {
    if (await this.#isMine(key, owner)) await this.#records.delete(key)
  }

  async #isMine(key: string, owner: string): Promise<boolean> {
    const found = await this.#records.get(key)
    return isLock(found) && found.owner === owner
  }
}

function isLock(value: unknown): value is { owner: string; until: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'owner') === 'string' &&
    typeof Reflect.get(value, 'until') === 'number'
  )
}
