import type { Config } from '../config/config.js'
import { ProviderError, type Cis2Error } from '../errors.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import {
  FetchFailure,
  isJson,
  largestLoginAnswer,
  toProviderError,
  type FetchFailureKind,
} from '../provider/limited-fetch.js'
import type { Provider } from '../provider/provider.js'
import { parseSignedToken, TokenProblem, verifySignature } from '../provider/token-signature.js'
import type { InboundAnswer } from '../provider/outbound-request.js'
import { claim, isClaims, type Claims } from '../user/claims.js'
import { isOnlyAudience } from '../provider/audience.js'

const failureCodes = {
  timeout: 'ERR_CIS2_USERINFO_TIMEOUT',
  network: 'ERR_CIS2_USERINFO_UNAVAILABLE',
  'server-error': 'ERR_CIS2_USERINFO_UNAVAILABLE',
  'rate-limited': 'ERR_CIS2_USERINFO_RATE_LIMITED',
  redirect: 'ERR_CIS2_USERINFO_RESPONSE_INVALID',
  'too-large': 'ERR_CIS2_USERINFO_RESPONSE_INVALID',
} as const satisfies Record<FetchFailureKind, string>

interface Login {
  readonly accessToken: string
  readonly config: Config
  readonly metadata: ProviderMetadata
  readonly provider: Provider
  readonly signal: AbortSignal
}

/**
 * access token → claims (OpenID Connect Core 1.0, 5.3). Whether they are about the person of the ID token is
 * `parseUserInfo`'s to check. Nothing the answer points to (`_claim_sources`) is ever fetched.
 *
 * @returns nothing when UserInfo is switched off
 * @throws {ProviderError} `ERR_CIS2_USERINFO_…`
 */
export async function fetchUserInfo(login: Login): Promise<Claims | undefined> {
  const { config, metadata, provider, signal } = login
  if (config.userInfo === false) return undefined
  if (metadata.userinfo_endpoint === undefined) throw new ProviderError('ERR_CIS2_USERINFO_MISSING')
  const isSigned = config.userInfo === 'signed'
  const answer = await provider
    .fetch(metadata.userinfo_endpoint, {
      method: 'GET',
      headers: {
        accept: isSigned ? 'application/jwt' : 'application/json',
        authorization: `Bearer ${login.accessToken}`,
      },
      signal,
      maxBytes: largestLoginAnswer,
    })
    .catch((error: unknown) => {
      throw error instanceof FetchFailure ? toProviderError(error, failureCodes, 'UserInfo') : error
    })
  if (answer.status === 401 || answer.status === 403)
    throw new ProviderError('ERR_CIS2_USERINFO_REFUSED', `UserInfo answered with status ${answer.status}`)
  if (answer.status !== 200) throw invalid(`answered with status ${answer.status}`)
  return isSigned ? await parseSigned(answer, login) : parsePlain(answer)
}

function parsePlain({ headers, body }: InboundAnswer): Claims {
  if (!isJson(headers)) throw invalid('did not answer with JSON')
  let claims: unknown
  try {
    claims = JSON.parse(body.toString('utf8'))
  } catch {
    throw invalid('answered with text that is not valid JSON')
  }
  if (!isClaims(claims)) throw invalid('answered with JSON that is not an object')
  return claims
}

async function parseSigned(
  { headers, body }: InboundAnswer,
  { config, metadata, provider, signal }: Login,
): Promise<Claims> {
  if (!/^application\/jwt(?:\s*;|$)/i.test(headers.get('content-type') ?? ''))
    throw invalid('did not answer with a JWT')
  const algorithm = config.idTokenSigningAlgorithm
  try {
    const token = parseSignedToken(body.toString('utf8').trim(), algorithm)
    await verifySignature(token, provider.keys(metadata), { algorithm, signal })
    checkAddressee(token.claims, metadata.issuer, config.clientId)
    return token.claims
  } catch (error) {
    if (error instanceof TokenProblem)
      throw invalid(`answered with a JWT that does not verify: ${error.message}`)
    throw error
  }
}

// CIS2's signed answers have carried no aud: what is there must be right.
function checkAddressee(claims: Claims, issuer: string, clientId: string): void {
  const iss = claim(claims, 'iss')
  const aud = claim(claims, 'aud')
  if (iss !== undefined && iss !== issuer) throw invalid('answered with a JWT of another issuer')
  if (aud !== undefined && !isOnlyAudience(aud, clientId))
    throw invalid('answered with a JWT for another client')
}

function invalid(what: string): Cis2Error {
  return new ProviderError('ERR_CIS2_USERINFO_RESPONSE_INVALID', `UserInfo ${what}`)
}
