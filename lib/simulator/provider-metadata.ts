import { endpointPaths } from './issuer-address.js'

// CIS2 lists what its product can do, HMAC included; a client must go by what it registered.
const everyAlgorithm = [
  'PS384',
  'ES384',
  'RS384',
  'HS256',
  'HS512',
  'ES256',
  'RS256',
  'HS384',
  'ES512',
  'PS256',
  'PS512',
  'RS512',
]

export const supportedScopes = [
  'openid',
  'profile',
  'email',
  'nhsperson',
  'nationalrbacaccess',
  'associatedorgs',
  'professionalmemberships',
  'organisationalmemberships',
  'selectedrole',
  'changedrole',
]

/** Every authentication class, with the levels that meet it. */
export const authenticationClasses: Readonly<Record<string, readonly number[]>> = {
  AAL1_USERPASS: [1],
  AAL2_ANY: [2],
  AAL2_OR_AAL3_ANY: [2, 3],
  AAL3_ANY: [3],
  AAL3_FIDO2: [3],
  AAL3_IOS: [3],
  AAL3_SMARTCARD: [3],
  AAL3_N3_SMARTCARD: [3],
  AAL3_CIS2_SMARTCARD: [3],
}

/**
 * The discovery document. Endpoints are the issuer's text and a path, so that `:443` survives.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 */
export function buildProviderMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: issuer + endpointPaths.authorize,
    token_endpoint: issuer + endpointPaths.token,
    userinfo_endpoint: issuer + endpointPaths.userInfo,
    jwks_uri: issuer + endpointPaths.jwks,
    end_session_endpoint: issuer + endpointPaths.endSession,
    version: '3.0',
    scopes_supported: supportedScopes,
    acr_values_supported: Object.keys(authenticationClasses),
    claims_supported: ['sub', 'name', 'given_name', 'family_name', 'uid', 'email', 'nhsid_nrbac_roles'],
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: everyAlgorithm,
    userinfo_signing_alg_values_supported: everyAlgorithm,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: everyAlgorithm.filter((alg) => !alg.startsWith('HS')),
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  }
}
