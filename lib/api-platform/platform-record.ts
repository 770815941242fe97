import type { Cis2ErrorCode } from '../error-codes.js'
import { PlatformError } from '../errors.js'
import { errorCodes } from '../error-codes.js'
import type { PlatformTokens } from './token-response.js'

/**
 * The API platform tokens of one login, as they are kept beside its session. Not in the session itself: express-session
 * writes whole sessions, and a slow request would put a refresh token back that has been used.
 */
export interface PlatformRecord {
  readonly version: 1
  /** Grows with every write: whoever finds another one than it began with has been overtaken. */
  readonly generation: number
  readonly tokens?: PlatformTokens
  /** When the tokens came, in seconds since the epoch. */
  readonly obtainedAt?: number
  /** Why there will be no more tokens for this login. */
  readonly endedBy?: Cis2ErrorCode
  /** Why the last try failed, and when the next one may be made, in seconds since the epoch. */
  readonly failure?: { readonly code: Cis2ErrorCode; readonly retryAt: number }
}

const renewBeforeEndSeconds = 30
// However short the lifetime that the platform names, tokens are not asked for more often.
const shortestIntervalSeconds = 10
// No pause is as long, and no difference of two servers' clocks: the clock has been set back.
const clockSetBackSeconds = 120

/** Any value from a store → the record, when it is one of this version. */
export function parsePlatformRecord(value: unknown): PlatformRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  // It was written by this library under a key that nobody else can name; its version is what may differ.
  const record = value as PlatformRecord
  return record.version === 1 && Number.isSafeInteger(record.generation) ? record : undefined
}

/**
 * The tokens to use now, if none have to be asked for.
 *
 * @throws {PlatformError} when they have ended, or when the last try to get some failed a moment ago
 */
export function tokensReady(record: PlatformRecord | undefined, now: number): PlatformTokens | undefined {
  if (record === undefined) return undefined
  const { tokens, obtainedAt = 0, endedBy, failure } = record
  if (endedBy !== undefined) throw new PlatformError(parseCode(endedBy))
  if (tokens !== undefined) {
    const renewAt = Math.max(tokens.expiresAt - renewBeforeEndSeconds, obtainedAt + shortestIntervalSeconds)
    if (now < renewAt && obtainedAt - now <= clockSetBackSeconds) return tokens
  }
  if (failure === undefined || now >= failure.retryAt) return undefined
  if (failure.retryAt - now > clockSetBackSeconds) return undefined
  if (isAlive(tokens, now)) return tokens
  const retryAfterSeconds = Math.ceil(failure.retryAt - now)
  throw new PlatformError(
    parseCode(failure.code),
    `the last try failed a moment ago; the next one is made in ${retryAfterSeconds} seconds`,
    { retryAfterSeconds },
  )
}

/** Whether the access token is good for another moment. */
export function isAlive(tokens: PlatformTokens | undefined, now: number): tokens is PlatformTokens {
  return tokens !== undefined && now < tokens.expiresAt
}

// Written by another version, a code may be none of ours.
function parseCode(code: string): Cis2ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as Cis2ErrorCode) : 'ERR_CIS2_PLATFORM_REFUSED'
}
