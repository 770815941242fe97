import session, { type SessionData } from 'express-session'

/**
 * A MemoryStore as a busy network makes it: every answer is late by a few turns, not in the order of the questions,
 * and whatever changes something is answered twice. (express-session itself does not survive a `get` that is.)
 */
export class SlowStore extends session.Store {
  readonly #memory = new session.MemoryStore()
  #calls = 0

  override get(...[sid, done]: Parameters<session.Store['get']>): void {
    this.#later(() => this.#memory.get(sid, done))
  }

  override set(...[sid, data, done]: Parameters<session.Store['set']>): void {
    // As a real store would: what is written is what was given, whatever becomes of it meanwhile.
    const copy = JSON.parse(JSON.stringify(data)) as SessionData
    this.#later(() => this.#memory.set(sid, copy, () => this.#twice(done)))
  }

  override destroy(...[sid, done]: Parameters<session.Store['destroy']>): void {
    // At once: express-session's regenerate makes another session at each answer, also when the first is in use.
    this.#later(() =>
      this.#memory.destroy(sid, () => {
        done?.()
        done?.()
      }),
    )
  }

  override touch(sid: string, data: SessionData, done?: () => void): void {
    this.#later(() => this.#memory.touch(sid, data, () => this.#twice(done)))
  }

  override all(done: Parameters<session.MemoryStore['all']>[0]): void {
    this.#memory.all(done)
  }

  #later(work: () => void): void {
    this.#calls++
    setTimeout(work, (this.#calls * 7) % 11)
  }

  #twice(done: (() => void) | undefined): void {
    done?.()
    this.#later(() => done?.())
  }
}
