import type { Cis2Error, Cis2ErrorCode } from '../errors.js'

/**
 * The challenge of a refused login: what `failureFlash`, `failureMessage` and a callback of the application's own get.
 * It may all be shown to the person.
 */
export interface Cis2LoginFailure {
  /** The kind of flash message. */
  readonly type: 'error'
  /** A short heading in plain English. */
  readonly title: string
  /** What happened and what to do, in plain English. */
  readonly message: string
  /** The stable code, for the service desk. */
  readonly code: Cis2ErrorCode
  /** The HTTP status. */
  readonly status: number
  /** The same reference as in the event. */
  readonly reference: string
  /** Where the person wanted to go, when that is known. */
  readonly returnTo?: string
  /** What the operator may read. Not enumerable, so that no page or answer made of this shows it. */
  readonly error: Cis2Error
}

/** Our error → what Passport hands round. */
export function createLoginFailure(error: Cis2Error, returnTo: string | undefined): Cis2LoginFailure {
  const failure = {
    type: 'error' as const,
    title: error.publicTitle,
    message: error.publicMessage,
    code: error.code,
    status: error.status,
    reference: error.reference ?? '',
    ...(returnTo === undefined ? {} : { returnTo }),
    error,
  }
  return Object.defineProperty(failure, 'error', { enumerable: false })
}
