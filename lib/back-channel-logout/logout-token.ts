import { isEpochSeconds } from '../clock.js'
import { LogoutTokenError, type Cis2ErrorCode } from '../errors.js'
import type { SigningAlgorithm } from '../keys/signing-algorithm.js'
import { isOnlyAudience } from '../provider/audience.js'
import {
  parseSignedToken,
  TokenProblem,
  verifySignature,
  type KeySource,
  type SignedToken,
} from '../provider/token-signature.js'
import { claim, isClaims, type Claims } from '../user/claims.js'
import { quoteUntrusted } from '../untrusted-text.js'

/** What a logout token says, once everything about it has been checked. Times are in seconds since the epoch. */
export interface LogoutToken {
  /** CIS2's session. With it, only that session ends, also when a person is named. */
  readonly sid?: string
  /** The person: without a `sid`, all sessions of theirs. */
  readonly sub?: string
  readonly jti: string
  readonly issuedAt: number
  /** When it may no longer be accepted, tolerance included. */
  readonly acceptableUntil: number
}

interface Expected {
  readonly issuer: string
  readonly clientId: string
  readonly keys: KeySource
  readonly algorithm: SigningAlgorithm
  readonly clockToleranceSeconds: number
  readonly signal: AbortSignal
}

const longestAgeSeconds = 300
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
const types = ['jwt', 'logout+jwt', 'application/logout+jwt']

const problemCodes = {
  malformed: 'ERR_CIS2_LOGOUT_TOKEN_MALFORMED',
  encrypted: 'ERR_CIS2_LOGOUT_TOKEN_ENCRYPTED',
  algorithm: 'ERR_CIS2_LOGOUT_TOKEN_ALGORITHM',
  key: 'ERR_CIS2_LOGOUT_TOKEN_KEY',
  signature: 'ERR_CIS2_LOGOUT_TOKEN_SIGNATURE',
} as const satisfies Record<TokenProblem['kind'], Cis2ErrorCode>

/**
 * token → what it ends (OpenID Connect Back-Channel Logout 1.0, 2.6). What is cheap to check comes first, so that
 * forged tokens cost neither a signature nor a fetch.
 *
 * @throws {LogoutTokenError} one code per check
 * @throws {ProviderError} when CIS2's keys cannot be had
 */
export async function checkLogoutToken(compact: string, expected: Expected): Promise<LogoutToken> {
  const { issuer, clientId, keys, algorithm, signal } = expected
  try {
    const token = parseSignedToken(compact, algorithm)
    checkType(token)
    checkEvents(token.claims)
    checkAddress(token.claims, issuer, clientId)
    const times = checkTimes(token.claims, expected.clockToleranceSeconds)
    const target = parseTarget(token.claims)
    await verifySignature(token, keys, { algorithm, signal })
    return { ...target, ...times }
  } catch (error) {
    throw error instanceof TokenProblem
      ? new LogoutTokenError(problemCodes[error.kind], error.message)
      : error
  }
}

function checkType({ typ }: SignedToken): void {
  if (typ !== undefined && !types.includes(typ.toLowerCase()))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_TYPE', `typ is ${quoteUntrusted(typ)}`)
}

// Everything that tells a logout token from an ID token, which the same keys sign for the same client.
function checkEvents(claims: Claims): void {
  const events = claim(claims, 'events')
  if (!isClaims(events) || !isClaims(claim(events, logoutEvent)))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_EVENTS')
  if (Object.hasOwn(claims, 'nonce')) throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_NONCE')
}

function checkAddress(claims: Claims, issuer: string, clientId: string): void {
  if (claim(claims, 'iss') !== issuer)
    throw new LogoutTokenError(
      'ERR_CIS2_LOGOUT_TOKEN_ISSUER',
      `iss is ${quoteUntrusted(claim(claims, 'iss'))}, expected ${JSON.stringify(issuer)}`,
    )
  if (!isOnlyAudience(claim(claims, 'aud'), clientId))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_AUDIENCE')
}

function checkTimes(claims: Claims, tolerance: number): Pick<LogoutToken, 'issuedAt' | 'acceptableUntil'> {
  const now = Date.now() / 1000
  const iat = claim(claims, 'iat')
  const exp = claim(claims, 'exp')
  if (!isEpochSeconds(iat)) throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT')
  if (iat > now + tolerance)
    throw new LogoutTokenError(
      'ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT',
      `iat is ${Math.ceil(iat - now)} seconds in the future: this machine's clock and CIS2's differ`,
    )
  // CIS2's logout tokens have carried no exp: iat stands in for it.
  if (exp === undefined) {
    const acceptableUntil = iat + longestAgeSeconds + tolerance
    if (now > acceptableUntil)
      throw new LogoutTokenError(
        'ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT',
        `iat is ${Math.floor(now - iat)} seconds ago, and there is no exp: at most ${longestAgeSeconds} are allowed`,
      )
    return { issuedAt: iat, acceptableUntil }
  }
  if (!isEpochSeconds(exp) || exp <= now - tolerance)
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_EXPIRED')
  return { issuedAt: iat, acceptableUntil: exp + tolerance }
}

function parseTarget(claims: Claims): Pick<LogoutToken, 'sid' | 'sub' | 'jti'> {
  const jti = claim(claims, 'jti')
  if (!isText(jti)) throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_JTI')
  const [sid, sub] = [claim(claims, 'sid'), claim(claims, 'sub')]
  const areTexts = [sid, sub].every((value) => value === undefined || isText(value))
  if (!areTexts || (sid === undefined && sub === undefined))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_SUBJECT')
  return { jti, ...(isText(sid) ? { sid } : {}), ...(isText(sub) ? { sub } : {}) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
