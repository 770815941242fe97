import { ProviderError } from '../errors.js'

const mostRemembered = 10_000
// Each waits for CIS2 with its request, its cookies and a socket.
const mostRunning = 200

/** What a finished login leaves for a second request with the same callback. */
export interface FinishedLogin {
  readonly sessionId: string
}

/**
 * Logins that this process is finishing or has finished, by state: a double click makes one token request, and a
 * state is used once even when the browser sends the cookie it had before.
 */
export class LoginsInFlight<Finished = FinishedLogin> {
  readonly #running = new Map<string, Promise<Finished>>()
  readonly #used = new Map<string, number>()
  readonly #lifetimeMs: number

  constructor(lifetimeSeconds: number) {
    this.#lifetimeMs = lifetimeSeconds * 1000
  }

  /** The login under way with this state, if there is one. */
  running(state: string): Promise<Finished> | undefined {
    return this.#running.get(state)
  }

  isUsed(state: string): boolean {
    return this.#used.has(state)
  }

  /**
   * Runs the login; from its first step that counts it must call `use`.
   *
   * @throws {ProviderError} `ERR_CIS2_TOO_MANY_LOGINS` before anything is spent
   */
  async run(state: string, login: () => Promise<Finished>): Promise<Finished> {
    if (this.#running.size >= mostRunning) throw new ProviderError('ERR_CIS2_TOO_MANY_LOGINS')
    const running = login().finally(() => this.#running.delete(state))
    this.#running.set(state, running)
    return await running
  }

  /** From now on the state is spent, whatever comes of it. */
  use(state: string): void {
    const now = Date.now()
    for (const [old, usedAt] of this.#used) {
      // In order of time: the first that is to be kept ends the tidying.
      if (this.#used.size < mostRemembered && now - usedAt < this.#lifetimeMs) break
      this.#used.delete(old)
    }
    this.#used.set(state, now)
  }
}
