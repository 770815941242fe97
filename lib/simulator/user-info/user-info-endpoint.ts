import type { Answer } from '../endpoint.js'
import { override } from '../faults/override.js'
import { signArtefact } from '../keys/sign-artefact.js'
import { errorReply, jsonReply, type Reply } from '../reply.js'
import { claimsFor } from './scope-claims.js'

/**
 * `GET /userinfo`, the access token in its header and nowhere else. Signed responses have no `aud`: CIS2's had none.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
 */
export const answerUserInfo: Answer = async (request, state) => {
  const { faults, accessTokens, issuer } = state
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined) return refuse('there is no Authorization header with a Bearer token')
  const login = accessTokens.get(token)
  if (!login) return refuse('the access token is unknown, expired or withdrawn')
  const { person, request: granted } = login
  const count = faults.take('roleCount')
  const told = {
    ...claimsFor(person, granted.scope),
    ...(count === undefined ? {} : { nhsid_nrbac_roles: inventRoles(count) }),
  }
  const { userInfoSigned, idTokenSigningAlgorithm } = granted.client
  const fault = faults.take('userInfo')
  if (!userInfoSigned) return jsonReply(200, override(told, fault))
  const claims = override({ iss: issuer, ...told }, fault)
  const signed = await signArtefact('signedUserInfo', claims, idTokenSigningAlgorithm, state)
  return {
    ...jsonReply(200, undefined, { 'Content-Type': 'application/jwt;charset=UTF-8' }),
    body: String(signed),
  }
}

function refuse(refusal: string): Reply {
  const description =
    'The access token provided is expired, revoked, malformed, or invalid for other reasons.'
  const reply = errorReply(401, 'invalid_token', description, refusal)
  return { ...reply, headers: { ...reply.headers, 'WWW-Authenticate': 'Bearer error="invalid_token"' } }
}

function inventRoles(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    person_orgid: '555000100001',
    person_roleid: String(555100000000 + index),
    org_code: 'A9A5A',
    role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
    role_code: 'S8000:G8000:R8001',
    activities: ['Perform Prescription Preparation'],
    activity_codes: ['B0278'],
  }))
}
