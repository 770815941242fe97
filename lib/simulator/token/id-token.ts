import { createHash, randomUUID } from 'node:crypto'
import type { Login } from '../authorize/login.js'
import { override } from '../faults/override.js'
import { nameOf } from '../people/person.js'

const lifetime = 3600

/** What an ID token is made of. */
export interface IdTokenInput {
  readonly issuer: string
  readonly login: Login
  readonly accessToken: string
  readonly code: string
  /** Seconds by which the provider's clock is fast. */
  readonly clock: number
}

/**
 * The claims of CIS2's ID token, those of its product included. A relying party must cope with the latter.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
export function buildIdTokenClaims({ issuer, login, accessToken, code, clock }: IdTokenInput): unknown {
  const { request, person, acr, level, sid, selectedRoleId } = login
  const { clientId, idTokenSigningAlgorithm } = request.client
  const { sub, idassurancelevel } = person.claims
  const now = Math.floor(Date.now() / 1000) + clock
  const hash = (text: string) => halfHash(text, idTokenSigningAlgorithm)
  const claims = {
    at_hash: hash(accessToken),
    sub,
    auditTrackingId: `${randomUUID()}-${now % 10_000}`,
    amr: [level === 3 ? 'N3_SMARTCARD' : 'TOTP'],
    subname: sub,
    uid: sub,
    iss: issuer,
    tokenName: 'id_token',
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    sid,
    aud: clientId,
    c_hash: hash(code),
    acr,
    'org.forgerock.openidconnect.ops': accessToken.slice(0, 27),
    ...(request.state === undefined ? {} : { s_hash: hash(request.state) }),
    azp: clientId,
    auth_time: Math.floor(login.at / 1000) + clock,
    ...(request.scope.includes('profile') ? { name: nameOf(person) } : {}),
    id_assurance_level: idassurancelevel ?? '3',
    authentication_assurance_level: String(level),
    ...(selectedRoleId === undefined ? {} : { selected_roleid: selectedRoleId }),
    realm: '/NHSIdentity/Healthcare',
    exp: now + lifetime,
    tokenType: 'JWTToken',
    iat: now,
  }
  return override(claims, person.idTokenClaims)
}

/** The left half of a hash, as `at_hash`, `c_hash` and `s_hash` have it. */
function halfHash(text: string, alg: string): string {
  const digest = createHash(`sha${alg.slice(2)}`)
    .update(text)
    .digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
