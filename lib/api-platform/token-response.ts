import { PlatformError } from '../errors.js'
import { present } from '../present.js'

/** Tokens of the API platform's. Times are in seconds since the epoch. */
export interface PlatformTokens {
  readonly accessToken: string
  readonly expiresAt: number
  /** Works once: the tokens it brings replace all of these. */
  readonly refreshToken?: string
  /** When refreshing ends; absent when the platform did not say. */
  readonly refreshExpiresAt?: number
  readonly scope?: string
}

const longestSeconds = 7 * 24 * 60 * 60
/** A lifetime that is no number is taken for this short one: long enough that nobody asks in a circle. */
const assumedSeconds = 300

/**
 * The answer of the token endpoint (RFC 8693, 2.2.1; RFC 6749, 5.1), whose numbers are text. Whatever else is in it, an
 * ID token too, is left out.
 *
 * @param now seconds since the epoch
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_RESPONSE_INVALID`
 */
export function parseTokenResponse(answer: unknown, now: number): PlatformTokens {
  const member = (name: string): unknown =>
    typeof answer === 'object' && answer !== null && Object.hasOwn(answer, name)
      ? Reflect.get(answer, name)
      : undefined
  const accessToken = member('access_token')
  const refreshToken = presentValue(member('refresh_token'))
  const type = member('token_type')
  // It goes into a header.
  if (!isToken(accessToken)) throw invalid('access_token is missing, or is not visible ASCII')
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw invalid('token_type is not Bearer')
  if (refreshToken !== undefined && !isToken(refreshToken))
    throw invalid('refresh_token is not visible ASCII')
  const refreshSeconds = parseSeconds(member('refresh_token_expires_in'))
  const scope = member('scope')
  return {
    accessToken,
    expiresAt: now + (parseSeconds(member('expires_in')) ?? assumedSeconds),
    ...present({
      refreshToken,
      refreshExpiresAt: refreshSeconds === undefined ? undefined : now + refreshSeconds,
      scope: typeof scope === 'string' && scope !== '' ? scope : undefined,
    }),
  }
}

/** Some servers send every member, and nothing in those that they have no value for. */
function presentValue(value: unknown): unknown {
  return value === null || value === '' ? undefined : value
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value)
}

/** Seconds as a number or as digits; anything else is not known. */
function parseSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,12}(\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return undefined
  return Math.min(Math.floor(seconds), longestSeconds)
}

function invalid(message: string): PlatformError {
  return new PlatformError('ERR_CIS2_PLATFORM_RESPONSE_INVALID', message)
}
