import type { SessionData, Store } from 'express-session'

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

  constructor(store: Store) {
    this.store = store
  }

  async get(key: string): Promise<unknown> {
    const found = await storeResult<RecordData | null | undefined>((done) => this.store.get(key, done))
    return found?.cis2Record
  }

  /** @param lifetimeSeconds after which the store may forget the record */
  async set(key: string, value: unknown, lifetimeSeconds: number): Promise<void> {
    const lifetimeMs = Math.max(1, Math.ceil(lifetimeSeconds)) * 1000
    const expires = new Date(Date.now() + lifetimeMs)
    // Stores take a record's lifetime from its cookie.
    const cookie = { originalMaxAge: lifetimeMs, maxAge: lifetimeMs, expires, path: '/', httpOnly: true }
    const data = { cookie, cis2Record: value } as unknown as SessionData
    await storeResult((done) => this.store.set(key, data, done))
  }

  async delete(key: string): Promise<void> {
    await storeResult((done) => this.store.destroy(key, done))
  }
}

/** A store's callback as a promise: the first call counts, and a store that throws has failed. */
export function storeResult<T>(call: (done: (error?: unknown, result?: T) => void) => unknown): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const done = (error?: unknown, result?: T): void => {
      // What a store calls a failure is its own affair: anything but nothing is one.
      if (error !== undefined && error !== null)
        reject(error instanceof Error ? error : new Error('the store failed'))
      else resolve(result as T)
    }
    // A store that returns a promise as well may reject it.
    const returned: unknown = call(done)
    if (returned instanceof Promise) returned.catch(done)
  })
}
