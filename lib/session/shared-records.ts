import type { SessionData, Store } from 'express-session'
import { withinTime } from '../deadline.js'
import { storeResult } from './store-call.js'

/** A record of this library's in a session store: what express-session stores for a session, and nothing it could use. */
interface RecordData extends SessionData {
  cis2Record?: unknown
}

/**
 * Small records that every process sees, in an express-session store: through `get`, `set` and `destroy`, which all of
 * them have. A record has no `cis2` member and so can never be used as a login.
 */
export class SharedRecords {
  readonly store: Store
  readonly #patienceMs: number

  /** @param patienceMs after which a store that does not answer has failed: what waits for it must come to an end */
  constructor(store: Store, patienceMs: number) {
    this.store = store
    this.#patienceMs = patienceMs
  }

  async get(key: string): Promise<unknown> {
    const found = await this.#call<RecordData | null | undefined>((done) => this.store.get(key, done))
    // Stores say in many ways that there is nothing. What is there and cannot be read must not count as nothing: it may
    // be the record of a logout.
    if (Boolean(found) && typeof found !== 'object') throw new Error('the store returned what is no record')
    return found ? found.cis2Record : undefined
  }

  /** @param lifetimeSeconds after which the store may forget the record */
  async set(key: string, value: unknown, lifetimeSeconds: number): Promise<void> {
    const lifetimeMs = Math.max(1, Math.ceil(lifetimeSeconds)) * 1000
    const expires = new Date(Date.now() + lifetimeMs)
    // Stores take a record's lifetime from its cookie.
    const cookie = { originalMaxAge: lifetimeMs, maxAge: lifetimeMs, expires, path: '/', httpOnly: true }
    const data = { cookie, cis2Record: value } as unknown as SessionData
    await this.#call((done) => this.store.set(key, data, done))
  }

  async delete(key: string): Promise<void> {
    await this.#call((done) => this.store.destroy(key, done))
  }

  async #call<T>(call: Parameters<typeof storeResult<T>>[0]): Promise<T> {
    return await withinTime(storeResult(call), this.#patienceMs)
  }
}
