import { compactVerify } from 'jose'
import type { SimulatorState } from '../simulator-state.js'
import { readCompactJws, type CompactJws } from './compact-jws.js'
import type { PlatformApplication } from './platform-application.js'
import { invalidRequest, PlatformRefusal } from './platform-refusal.js'

const tokenType = 'urn:ietf:params:oauth:token-type:id_token'

/** What the platform takes from an ID token of CIS2's. */
export interface Subject {
  readonly sub: string
  readonly selectedRoleId: string
}

/**
 * Checks the ID token that is to be exchanged.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export async function checkSubjectToken(
  form: URLSearchParams,
  now: number,
  application: PlatformApplication,
  state: SimulatorState,
): Promise<Subject> {
  if (form.get('subject_token_type') !== tokenType)
    throw invalidRequest(`Missing or invalid subject_token_type - must be '${tokenType}'`)
  const text = form.get('subject_token') ?? ''
  if (text === '') throw invalidRequest('Missing subject_token')
  const token = readCompactJws(text)
  if (!token) throw invalidRequest('Malformed JWT in subject_token')
  await checkSignature(token, state)
  const { iss, aud, exp, sub, selected_roleid: roleId } = token.claims
  if (typeof iss !== 'string' || iss.toLowerCase() !== application.trustedIssuer.toLowerCase())
    throw invalidRequest("Missing or non-matching 'iss' claim in subject_token JWT")
  if (aud === undefined) throw invalidRequest("Missing 'aud' claim in subject_token JWT")
  if (exp === undefined) throw invalidRequest("Missing 'exp' claim in subject_token JWT")
  if (typeof exp !== 'number' || exp <= now)
    throw invalidRequest("Invalid 'exp' claim in subject_token JWT - JWT has expired")
  if (typeof sub !== 'string') throw invalidRequest("Missing 'sub' claim in subject_token JWT")
  checkLevel(token, application)
  return { sub, selectedRoleId: typeof roleId === 'string' ? roleId : '' }
}

async function checkSignature({ text, header }: CompactJws, { keys }: SimulatorState): Promise<void> {
  const { kid } = header
  if (typeof kid !== 'string') throw invalidRequest("Missing 'kid' header in subject_token JWT")
  const key = (await keys.published()).find((each) => each.kid === kid)
  if (!key) {
    const description = "Invalid 'kid' header in subject_token JWT - no matching public key"
    throw new PlatformRefusal(401, 'invalid_request', description)
  }
  try {
    await compactVerify(text, key.publicKey, { algorithms: [key.alg] })
  } catch {
    throw new PlatformRefusal(401, 'invalid_request', 'JWT signature verification failed in subject_token')
  }
}

/** No scope of the application's is left for a login that was too weak, and that is all it is told. */
function checkLevel({ claims }: CompactJws, { minimumAuthenticationLevel }: PlatformApplication): void {
  const level = Number(claims.authentication_assurance_level)
  if (level >= minimumAuthenticationLevel) return
  throw new PlatformRefusal(
    401,
    'unauthorized_client',
    'you have tried to request authorization but your application is not configured to use this authorization grant type',
    `the login is at level ${level}, and the scopes of the application begin at ${minimumAuthenticationLevel}`,
  )
}
