import { withinSignal } from '../deadline.js'
import { SessionError, type Cis2ErrorCode } from '../errors.js'

let ownCalls = 0

/** Whether this library itself is calling the store at this moment: what the store then calls of its own is meant too. */
export function isOwnCall(): boolean {
  return ownCalls > 0
}

/** Calls a store past the guard that its own methods lead to. */
export function callStore<T>(call: () => T): T {
  ownCalls++
  try {
    return call()
  } finally {
    ownCalls--
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
    // A store that returns a promise as well, of whichever library, may reject it.
    Promise.resolve(callStore(() => call(done))).catch(done)
  })
}

/**
 * The same with an end to the waiting and an error of ours. Stores that call back twice, throw, or never answer change
 * nothing but the error.
 *
 * @throws {SessionError} with the code
 */
export async function storeCall<T = void>(
  call: (done: (error?: unknown, result?: T) => void) => unknown,
  code: Cis2ErrorCode,
  signal: AbortSignal | undefined,
): Promise<T> {
  const answered = storeResult<T>(call).catch((cause: unknown) => {
    throw new SessionError(code, undefined, { cause })
  })
  if (signal === undefined) return await answered
  answered.catch(() => undefined)
  return await withinSignal(answered, signal).catch((error: unknown) => {
    throw error instanceof SessionError
      ? error
      : new SessionError(code, 'the session store did not answer in time')
  })
}
