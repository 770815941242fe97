import session, { type SessionData } from 'express-session'

export type StoreOperation = 'get' | 'set' | 'destroy' | 'touch' | 'regenerate'

/** How a call misbehaves. */
export type StoreFault =
  /** Calls back with an error and does nothing. */
  | 'fails'
  /** Throws where it is called. */
  | 'throws'
  /** Never calls back and does nothing. */
  | 'hangs'
  /** Works, and calls back twice in a row. */
  | 'answers twice'
  /** Works, and calls back again when others have had their turn. */
  | 'answers again later'

/** A call that waits to be let go. */
export interface HeldCall {
  /** Resolves when the store has been called. */
  readonly reached: Promise<void>
  /** Does the work and calls back. */
  release(): void
}

type Hold = (work: () => void) => void
type Request = Parameters<session.Store['regenerate']>[0]

/**
 * A MemoryStore whose every operation on sessions can be broken, held back and counted. The shared records of the
 * logout registry, which have a prefix, are left alone unless asked for.
 */
export class FaultyStore extends session.Store {
  readonly memory = new session.MemoryStore()
  readonly calls: Record<StoreOperation, number> = { get: 0, set: 0, destroy: 0, touch: 0, regenerate: 0 }
  /** Whether what is broken is broken for the shared records too. */
  isBrokenForRecords = false
  readonly #faults = new Map<StoreOperation, StoreFault | Hold>()

  break(operation: StoreOperation, fault: StoreFault): void {
    this.#faults.set(operation, fault)
  }

  /** Holds the next call of this kind back. */
  hold(operation: StoreOperation): HeldCall {
    let work: (() => void) | undefined
    const reached = new Promise<void>((resolve) => {
      this.#faults.set(operation, (held) => {
        this.#faults.delete(operation)
        work = held
        resolve()
      })
    })
    return { reached, release: () => work?.() }
  }

  mend(): void {
    this.#faults.clear()
    this.isBrokenForRecords = false
  }

  /** The sessions in the store. */
  sessions(): Promise<readonly SessionData[]> {
    return new Promise((resolve, reject) => {
      this.memory.all((error: unknown, found) =>
        error ? reject(error) : resolve(Object.values(found ?? {}).filter((data) => !('cis2Record' in data))),
      )
    })
  }

  override get(...[sid, done]: Parameters<session.Store['get']>): void {
    this.#perform('get', sid, (answer) => this.memory.get(sid, answer), done)
  }

  override set(...[sid, data, done]: Parameters<session.Store['set']>): void {
    this.#perform('set', sid, (answer) => this.memory.set(sid, data, answer), done)
  }

  override destroy(...[sid, done]: Parameters<session.Store['destroy']>): void {
    this.#perform('destroy', sid, (answer) => this.memory.destroy(sid, answer), done)
  }

  override touch(sid: string, data: SessionData, done?: () => void): void {
    this.#perform('touch', sid, (answer) => this.memory.touch(sid, data, answer), done)
  }

  override regenerate(req: Request, done: (error?: unknown) => void): void {
    this.#perform('regenerate', req.sessionID, (answer) => super.regenerate(req, answer), done)
  }

  #perform<Results extends unknown[]>(
    operation: StoreOperation,
    sid: string,
    work: (answer: (...results: Results) => void) => void,
    done: (...results: Results) => void = () => undefined,
  ): void {
    if (sid.startsWith('cis2.') && !this.isBrokenForRecords) {
      work(done)
      return
    }
    this.calls[operation]++
    const fault = this.#faults.get(operation)
    if (typeof fault === 'function') fault(() => work(done))
    else if (fault === 'throws') throw new Error('the store threw')
    else if (fault === 'fails')
      setImmediate(() => void Reflect.apply(done, undefined, [new Error('the store failed')]))
    else if (fault !== 'hangs')
      work((...results) => {
        done(...results)
        if (fault === 'answers twice') done(...results)
        if (fault === 'answers again later') setImmediate(() => done(...results))
      })
  }
}
