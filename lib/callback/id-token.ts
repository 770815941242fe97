import { createHash, timingSafeEqual } from 'node:crypto'
import type { LoginAttempt } from '../attempt/login-attempts.js'
import { isEpochSeconds } from '../clock.js'
import type { Config } from '../config/config.js'
import { sameIssuer } from '../config/urls.js'
import { LoginError, type Cis2ErrorCode } from '../errors.js'
import { algorithmFacts, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import type { ProviderKeys } from '../provider/provider-keys.js'
import {
  parseSignedToken,
  TokenProblem,
  verifySignature,
  type SignedToken,
} from '../provider/token-signature.js'
import { claim, type Claims } from '../user/claims.js'
import { parseSubject } from '../user/user.js'
import { quoteUntrusted } from '../untrusted-text.js'
import { isOnlyAudience } from '../provider/audience.js'
import { checkAuthentication } from './authentication-context.js'

interface Expected {
  readonly attempt: LoginAttempt
  readonly config: Config
  readonly metadata: ProviderMetadata
  readonly keys: ProviderKeys
  readonly signal: AbortSignal
  readonly code: string
  readonly accessToken: string
}

/**
 * token → verified claims (OpenID Connect Core 1.0, 3.1.3.7), and how the person authenticated. Every check fails
 * closed: a claim that is missing or of another type is refused like a wrong one.
 *
 * @throws {LoginError} one code per check
 * @throws {ProviderError} when CIS2's keys cannot be had
 */
export async function verifyIdToken(compact: string, expected: Expected): Promise<Claims> {
  const { config, metadata, attempt } = expected
  const algorithm = config.idTokenSigningAlgorithm
  const { claims } = await readToken(compact, algorithm, expected).catch((error: unknown) => {
    throw error instanceof TokenProblem ? new LoginError(problemCodes[error.kind], error.message) : error
  })
  if (claim(claims, 'events') !== undefined)
    throw new LoginError('ERR_CIS2_ID_TOKEN_TYPE', 'it has events: it is a logout token')
  checkIssuer(claims, metadata.issuer)
  checkAudience(claims, config.clientId)
  checkTimes(claims, Date.now() / 1000, config.clockToleranceSeconds)
  if (claim(claims, 'nonce') !== attempt.nonce) throw new LoginError('ERR_CIS2_ID_TOKEN_NONCE')
  parseSubject(claims)
  checkHash(claims, 'at_hash', expected.accessToken, 'ERR_CIS2_ID_TOKEN_AT_HASH', algorithm)
  checkHash(claims, 'c_hash', expected.code, 'ERR_CIS2_ID_TOKEN_C_HASH', algorithm)
  checkAuthentication(claims, config)
  return claims
}

const problemCodes = {
  malformed: 'ERR_CIS2_ID_TOKEN_MALFORMED',
  encrypted: 'ERR_CIS2_ID_TOKEN_ENCRYPTED',
  algorithm: 'ERR_CIS2_ID_TOKEN_ALGORITHM',
  key: 'ERR_CIS2_ID_TOKEN_KEY',
  signature: 'ERR_CIS2_ID_TOKEN_SIGNATURE',
} as const satisfies Record<TokenProblem['kind'], Cis2ErrorCode>

async function readToken(
  compact: string,
  algorithm: SigningAlgorithm,
  { keys, signal }: Pick<Expected, 'keys' | 'signal'>,
): Promise<SignedToken> {
  const token = parseSignedToken(compact, algorithm)
  if (token.typ !== undefined && token.typ.toUpperCase() !== 'JWT')
    throw new LoginError('ERR_CIS2_ID_TOKEN_TYPE', `typ is ${quoteUntrusted(token.typ)}`)
  await verifySignature(token, keys, { algorithm, signal })
  return token
}

function checkIssuer(claims: Claims, issuer: string): void {
  const iss = claim(claims, 'iss')
  if (iss === issuer) return
  // Shown only where it is the issuer in another spelling: the operator has to see which.
  const found =
    typeof iss === 'string' && sameIssuer(withoutSlash(iss), withoutSlash(issuer))
      ? `iss is ${JSON.stringify(iss)}, which differs by a default port or a slash at the end: `
      : 'iss is missing or another issuer: '
  throw new LoginError('ERR_CIS2_ID_TOKEN_ISSUER', `${found}expected ${JSON.stringify(issuer)}`)
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}

// One audience, whatever azp says.
function checkAudience(claims: Claims, clientId: string): void {
  const aud = claim(claims, 'aud')
  const expected = `expected ${JSON.stringify(clientId)}`
  if (!isOnlyAudience(aud, clientId))
    throw new LoginError('ERR_CIS2_ID_TOKEN_AUDIENCE', `aud is ${describeAudience(aud)}: ${expected} alone`)
  const azp = claim(claims, 'azp')
  if (azp !== undefined && azp !== clientId)
    throw new LoginError('ERR_CIS2_ID_TOKEN_AUTHORIZED_PARTY', `azp is not this client: ${expected}`)
}

function describeAudience(aud: unknown): string {
  if (aud === undefined) return 'missing'
  return Array.isArray(aud) && aud.length !== 1 ? `a list of ${aud.length}` : 'not this client'
}

function checkTimes(claims: Claims, now: number, tolerance: number): void {
  const exp = claim(claims, 'exp')
  if (!isEpochSeconds(exp))
    throw new LoginError('ERR_CIS2_ID_TOKEN_EXPIRED', 'exp is missing or is not a number of seconds')
  if (exp <= now - tolerance)
    throw new LoginError('ERR_CIS2_ID_TOKEN_EXPIRED', `exp passed ${Math.ceil(now - exp)} seconds ago`)
  const iat = claim(claims, 'iat')
  if (!isEpochSeconds(iat))
    throw new LoginError('ERR_CIS2_ID_TOKEN_ISSUED_AT', 'iat is missing or is not a number of seconds')
  if (iat > now + tolerance) {
    throw new LoginError(
      'ERR_CIS2_ID_TOKEN_ISSUED_AT',
      `iat is ${Math.ceil(iat - now)} seconds in the future: this machine's clock and CIS2's differ`,
    )
  }
  const nbf = claim(claims, 'nbf')
  if (nbf !== undefined && !isEpochSeconds(nbf))
    throw new LoginError('ERR_CIS2_ID_TOKEN_NOT_BEFORE', 'nbf is not a number of seconds')
  if (isEpochSeconds(nbf) && nbf > now + tolerance)
    throw new LoginError(
      'ERR_CIS2_ID_TOKEN_NOT_BEFORE',
      `nbf is ${Math.ceil(nbf - now)} seconds in the future`,
    )
}

/** The left half of the hash, with the hash of the token's own algorithm (OpenID Connect Core 1.0, 3.1.3.6). */
function checkHash(
  claims: Claims,
  name: string,
  text: string,
  code: Cis2ErrorCode,
  algorithm: SigningAlgorithm,
): void {
  const found = claim(claims, name)
  if (found === undefined) return
  const digest = createHash(algorithmFacts(algorithm).hash).update(text, 'ascii').digest()
  const expected = Buffer.from(digest.subarray(0, digest.length / 2).toString('base64url'))
  const given = Buffer.from(typeof found === 'string' ? found : '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new LoginError(code)
}
