import { withinSignal } from '../deadline.js'
import { ProviderError } from '../errors.js'
import { randomFraction } from '../random.js'

interface SharedCopyOptions<T> {
  /** Fetches a new copy; the signal is the deadline of this one fetch. */
  load: (signal: AbortSignal) => Promise<T>
  /** How long a copy is used without asking again, in seconds. */
  freshSeconds: number
  /** How long an old copy may stand in while no new one can be had, in seconds. */
  staleSeconds: number
  /** How long one fetch may take, in milliseconds. */
  deadlineMs: number
  onFailure: (error: ProviderError) => void
  /** The error for somebody whose own time ran out while waiting. */
  lateError: () => ProviderError
}

const longestPauseMs = 30_000
const patienceMs = 2_000

/**
 * A document of CIS2's that everybody shares: one fetch in flight, a copy kept, the old one standing in during an
 * outage, and growing pauses between failures. A failure is never remembered for longer than its pause.
 */
export class SharedCopy<T> {
  readonly #options: SharedCopyOptions<T>
  #copy: { readonly value: T; readonly fetchedAt: number } | undefined
  #loading: Promise<T> | undefined
  #failure:
    | {
        readonly error: ProviderError
        readonly count: number
        readonly failedAt: number
        readonly pauseMs: number
      }
    | undefined

  constructor(options: SharedCopyOptions<T>) {
    this.#options = options
  }

  /** The copy in hand, while it needs no asking. */
  get fresh(): T | undefined {
    return this.#copy && this.#age() < this.#options.freshSeconds ? this.#copy.value : undefined
  }

  get status(): 'unknown' | 'up' | 'stale' | 'down' {
    if (this.#failure) return this.#usable() === undefined ? 'down' : 'stale'
    return this.#copy ? 'up' : 'unknown'
  }

  /** The failure that is still going on, as an error of its own. */
  get lastFailure(): ProviderError | undefined {
    return this.#failure && copyOf(this.#failure.error)
  }

  /** Milliseconds since the epoch of the last success. */
  get fetchedAt(): number | undefined {
    return this.#copy?.fetchedAt
  }

  /**
   * A fresh copy, or the last good one while no fresh one can be had.
   *
   * @throws {ProviderError} when there is neither
   */
  async get(signal: AbortSignal): Promise<T> {
    const { fresh } = this
    if (fresh) return fresh
    const usable = this.#usable()
    if (this.isPausing) {
      if (usable) return usable.value
      throw this.#failureNow()
    }
    if (!usable) return await this.reload(signal)
    // An old copy is better than a person waiting for a slow document.
    const patience = AbortSignal.timeout(patienceMs)
    return await withinSignal(this.#loadShared(), patience).catch(() => usable.value)
  }

  /**
   * A copy fetched now, or by the fetch that is under way.
   *
   * @throws {ProviderError}
   */
  async reload(signal: AbortSignal): Promise<T> {
    const isJoining = this.#loading !== undefined
    const joinedAt = Date.now()
    try {
      return await this.#wait(signal)
    } catch (error) {
      // Somebody else's fetch failed, and much of our own time is left: all who joined it share one more.
      const hasTime = !signal.aborted && Date.now() - joinedAt < this.#options.deadlineMs / 2
      if (!isJoining || !hasTime || this.isPausing) throw error
      return await this.#wait(signal)
    }
  }

  async #wait(signal: AbortSignal): Promise<T> {
    return await withinSignal(this.#loadShared(), signal).catch((error: unknown) => {
      throw error instanceof ProviderError ? copyOf(error) : this.#options.lateError()
    })
  }

  /** Whether the last fetch failed and the pause after it is not over. */
  get isPausing(): boolean {
    // Also when the clock was set back: no pause is longer than it was meant to be.
    return (
      this.#failure !== undefined && Math.abs(Date.now() - this.#failure.failedAt) < this.#failure.pauseMs
    )
  }

  /** Whether a fetch is under way. */
  get isLoading(): boolean {
    return this.#loading !== undefined
  }

  #loadShared(): Promise<T> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined))
    // Everybody who waits hears of a failure; a rejection that nobody waits for must not end the process.
    this.#loading.catch(() => undefined)
    return this.#loading
  }

  async #load(): Promise<T> {
    try {
      const value = await this.#options.load(AbortSignal.timeout(this.#options.deadlineMs))
      this.#copy = { value, fetchedAt: Date.now() }
      this.#failure = undefined
      return value
    } catch (cause) {
      if (!(cause instanceof ProviderError)) throw cause
      const count = (this.#failure?.count ?? 0) + 1
      this.#failure = {
        error: cause,
        count,
        failedAt: Date.now(),
        pauseMs: Math.max(pauseAfter(count), askedPause(cause)),
      }
      this.#options.onFailure(cause)
      throw cause
    }
  }

  // The clock may have gone backwards: a copy from the future counts as old.
  #age(): number {
    const age = (Date.now() - (this.#copy?.fetchedAt ?? 0)) / 1000
    return age < 0 ? Infinity : age
  }

  #usable(): { readonly value: T } | undefined {
    return this.#copy && this.#age() < this.#options.freshSeconds + this.#options.staleSeconds
      ? this.#copy
      : undefined
  }

  #failureNow(): ProviderError {
    const { error, failedAt, pauseMs } = this.#failure ?? {
      error: this.#options.lateError(),
      failedAt: 0,
      pauseMs: 0,
    }
    const wait = Math.max(1, Math.ceil((failedAt + pauseMs - Date.now()) / 1000))
    return new ProviderError(error.code, error.detail, { cause: error.cause, retryAfterSeconds: wait })
  }
}

// Everybody who waits gets an error of their own: each has its own reference.
function copyOf({ code, detail, cause, retryAfterSeconds }: ProviderError): ProviderError {
  return new ProviderError(code, detail, { cause, retryAfterSeconds })
}

/** None after the first failure, then a quarter of a second, doubling to half a minute, half of it random. */
function pauseAfter(failures: number): number {
  if (failures < 2) return 0
  const pause = Math.min(longestPauseMs, 250 * 2 ** (failures - 2))
  return pause / 2 + (pause / 2) * randomFraction()
}

/** What the server asked for with Retry-After, as far as five minutes. */
function askedPause(error: ProviderError): number {
  return Math.min(300, error.retryAfterSeconds ?? 0) * 1000
}
