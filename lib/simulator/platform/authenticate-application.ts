import { compactVerify, importJWK } from 'jose'
import type { PlatformApplication } from './platform-application.js'
import { readCompactJws, type CompactJws } from './compact-jws.js'
import { invalidRequest, PlatformRefusal } from './platform-refusal.js'
import type { PlatformState } from './platform-state.js'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const longestLifetime = 310
const idsAreKept = 30 * 24 * 60 * 60 * 1000

/**
 * Authenticates an application by its client assertion, one cause after the other, in the platform's words. It is not
 * the assertion that CIS2 gets: another key, another audience, another id.
 *
 * @param now epoch seconds, by the simulator's clock
 */
export async function authenticateApplication(
  form: URLSearchParams,
  now: number,
  platform: PlatformState,
): Promise<PlatformApplication> {
  if (form.get('client_assertion_type') !== assertionType)
    throw invalidRequest(`Missing or invalid client_assertion_type - must be '${assertionType}'`)
  const text = form.get('client_assertion')
  if (text === null || text === '') throw invalidRequest('Missing client_assertion')
  const assertion = readCompactJws(text)
  if (!assertion) throw invalidRequest('Malformed JWT in client_assertion')
  checkHeader(assertion)
  checkExpiry(assertion, now)
  const { iss, sub, jti, aud } = assertion.claims
  if (typeof iss !== 'string' || iss !== sub)
    throw assertionProblem("Missing or non-matching 'iss'/'sub' claims")
  if (jti === undefined) throw assertionProblem("Missing 'jti' claim")
  if (typeof jti !== 'string' || jti === '')
    throw assertionProblem("Invalid 'jti' claim", 'must be a unique string value such as a GUID')
  const application = platform.applications.get(iss)
  if (!application) throw unauthorised(`Invalid 'iss'/'sub' claims in client_assertion JWT`)
  if (aud !== platform.tokenUrl)
    throw unauthorised(
      "Missing or invalid 'aud' claim in client_assertion JWT",
      `aud is ${JSON.stringify(aud)}, not ${JSON.stringify(platform.tokenUrl)}`,
    )
  await checkSignature(assertion, application, platform)
  rememberId(application, jti, platform)
  return application
}

function assertionProblem(what: string, more = ''): PlatformRefusal {
  return invalidRequest(`${what} in client_assertion JWT${more === '' ? '' : ` - ${more}`}`)
}

function unauthorised(description: string, refusal?: string): PlatformRefusal {
  return new PlatformRefusal(401, 'invalid_request', description, refusal)
}

function checkHeader({ header: { kid, typ, alg } }: CompactJws): void {
  if (typeof kid !== 'string' || kid === '') throw assertionProblem("Missing 'kid' header")
  if (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')
    throw assertionProblem("Invalid 'typ' header", "must be 'JWT'")
  if (alg !== 'RS512')
    throw assertionProblem("Invalid 'alg' header", "unsupported JWT algorithm - must be 'RS512'")
}

function checkExpiry({ claims: { exp } }: CompactJws, now: number): void {
  if (exp === undefined) throw assertionProblem("Missing 'exp' claim")
  if (typeof exp !== 'number' || !Number.isInteger(exp))
    throw assertionProblem("Invalid 'exp' claim", 'must be an integer')
  if (exp <= now) throw assertionProblem("Invalid 'exp' claim", 'JWT has expired')
  if (exp > now + longestLifetime)
    throw assertionProblem("Invalid 'exp' claim", 'more than 5 minutes in future')
}

async function checkSignature(
  { text, header }: CompactJws,
  application: PlatformApplication,
  { keys }: PlatformState,
): Promise<void> {
  const published = await keys.find(application)
  if (published.length === 0 && application.jwksUri === undefined) {
    const description =
      'You need to register a public key to use this authentication method - please contact support to configure'
    throw new PlatformRefusal(403, 'public_key error', description)
  }
  const jwk = published.find(({ kid }) => kid === header.kid)
  if (!jwk) throw unauthorised("Invalid 'kid' header in client_assertion JWT - no matching public key")
  try {
    await compactVerify(text, await importJWK(jwk, 'RS512'), { algorithms: ['RS512'] })
  } catch {
    throw new PlatformRefusal(401, 'public_key error', 'JWT signature verification failed')
  }
}

function rememberId({ apiKey }: PlatformApplication, jti: string, { assertionIds }: PlatformState): void {
  const key = `${apiKey} ${jti}`
  if (assertionIds.get(key)) throw assertionProblem("Non-unique 'jti' claim")
  assertionIds.set(key, true, Date.now() + idsAreKept)
}
