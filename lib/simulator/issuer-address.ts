const standardPath = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'

/** Where the simulator says it is, and which path that means. */
export interface IssuerAddress {
  /** As printed, `:443` included; endpoints are this text and a path, never a rebuilt URL. */
  readonly issuer: string
  /** The path that the endpoints are served under. */
  readonly issuerPath: string
}

/** Reads the `issuer` option; without one the issuer is CIS2's path on the simulator's own origin. */
export function parseIssuer(issuer: string | undefined, url: string): IssuerAddress {
  if (issuer === undefined) return { issuer: url + standardPath, issuerPath: standardPath }
  const shape = /^https?:\/\/[^/?#@\s]+((?:\/[\w.~-]+)*)$/.exec(issuer)
  if (!shape || !URL.canParse(issuer))
    throw new TypeError(
      'the simulator\'s issuer must be an http: or https: address without a query and without a "/" at its end',
    )
  return { issuer, issuerPath: shape[1] ?? '' }
}

/** What each endpoint is called behind the issuer. */
export const endpointPaths = {
  discovery: '/.well-known/openid-configuration',
  authorize: '/authorize',
  token: '/access_token',
  userInfo: '/userinfo',
  jwks: '/connect/jwk_uri',
  endSession: '/connect/endSession',
} as const

/** The key set's address while the fault `movedJwksUri` is set. */
export const movedJwksPath = '/connect/jwk_uri/moved'
