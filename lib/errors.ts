import { errorCodes, publicMessages, type Cis2ErrorCode, type PublicMessageKind } from './error-codes.js'
import type { Finding } from './events.js'
import { safeCause } from './untrusted-text.js'

export type { Cis2ErrorCode }

/** What an error may carry besides its code and message. */
export interface Cis2ErrorDetails {
  /** Somebody else's error. Kept as a cleaned copy: name, code and message, never its properties. */
  cause?: unknown
  /** How long to wait before trying again, in seconds. */
  retryAfterSeconds?: number | undefined
}

/**
 * The base of every error this library raises.
 *
 * Detect a cause by `error.code`; `instanceof` tells the family.
 *
 * @since 0.1.0
 */
export class Cis2Error extends Error {
  /** A stable `ERR_CIS2_…` name, one per cause. */
  readonly code: Cis2ErrorCode
  /** The HTTP status that answers it. */
  readonly status: number
  /** What the operator can do about it. */
  readonly help: string
  /** Which kind of failure it is for the person: the code's, unless the route that answers it knows better. */
  kind: PublicMessageKind
  /** The operator's message without the code in front. */
  readonly detail: string
  /** Seconds to wait before trying again, where that is known. */
  readonly retryAfterSeconds?: number
  /** The same on the page, in the event and here. Set when the failure is answered. */
  reference?: string
  /**
   * What the last diagnosis found wrong with the set-up. Not yet on the first of its kind, which starts the diagnosis:
   * the event tells.
   */
  findings?: readonly Finding[]

  constructor(code: Cis2ErrorCode, message?: string, details: Cis2ErrorDetails = {}) {
    const { status, kind, cause, help } = errorCodes[code]
    super(
      `${code}: ${message ?? cause}`,
      details.cause === undefined ? undefined : { cause: safeCause(details.cause) },
    )
    this.name = new.target.name
    this.code = code
    this.status = status
    this.kind = kind
    this.help = `${help} See docs/errors.md#${code.toLowerCase()}`
    this.detail = message ?? cause
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds
  }

  /** What the person may read. */
  get publicMessage(): string {
    return publicMessages[this.kind].message
  }

  /** A short heading for `publicMessage`. */
  get publicTitle(): string {
    return publicMessages[this.kind].title
  }
}

/** One thing wrong with the options. */
export interface ConfigurationProblem {
  /** The option, as written in `Cis2Options`. */
  readonly option: string
  /** What was found, what was expected, what to do. Never a value of a secret. */
  readonly message: string
}

/**
 * The application is wired or configured wrongly (status 500). Thrown at start-up wherever it can be known there.
 *
 * @since 0.1.0
 */
export class ConfigurationError extends Cis2Error {
  /** Every problem found, not just the first. Empty when the error is about wiring rather than options. */
  readonly problems: readonly ConfigurationProblem[]

  /** @param message with problems, whose they are: "the options" unless it says otherwise */
  constructor(
    problemsOrCode: readonly ConfigurationProblem[] | Cis2ErrorCode,
    message?: string,
    details?: Cis2ErrorDetails,
  ) {
    if (typeof problemsOrCode === 'string') {
      super(problemsOrCode, message, details)
      this.problems = []
    } else {
      const lines = problemsOrCode.map((problem) => `\n  - ${problem.option}: ${problem.message}`)
      super(
        'ERR_CIS2_CONFIGURATION',
        `${lines.length} problem${lines.length === 1 ? '' : 's'} with ${message ?? 'the options'}:${lines.join('')}`,
      )
      this.problems = problemsOrCode
    }
  }
}

/**
 * CIS2 is unreachable, slow or answers nonsense (502, 503, 504).
 *
 * @since 0.1.0
 */
export class ProviderError extends Cis2Error {}

/**
 * A login was refused (400, 401, 403).
 *
 * @since 0.1.0
 */
export class LoginError extends Cis2Error {}

/**
 * A request was not allowed (400, 401, 403, 405, 413), or came ahead of the real one (503).
 *
 * @since 0.1.0
 */
export class AccessError extends Cis2Error {
  /** The methods that the route answers, where the method was the mistake. */
  readonly allow?: string
  /** The `WWW-Authenticate` header, where another way to authenticate would help. */
  readonly challenge?: string

  constructor(
    code: Cis2ErrorCode,
    message?: string,
    details: Cis2ErrorDetails & { allow?: string; challenge?: string } = {},
  ) {
    super(code, message, details)
    if (details.allow !== undefined) this.allow = details.allow
    if (details.challenge !== undefined) this.challenge = details.challenge
  }
}

/**
 * The session store failed (503).
 *
 * @since 0.1.0
 */
export class SessionError extends Cis2Error {}

/**
 * The API platform gave no token, or no role can be named to it (401, 403, 502, 503, 504).
 *
 * @since 0.1.0
 */
export class PlatformError extends Cis2Error {}

/**
 * A logout token was refused (400).
 *
 * @since 0.1.0
 */
export class LogoutTokenError extends Cis2Error {}
