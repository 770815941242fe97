import type { JWK } from 'jose'

/**
 * A relying party that the simulator knows, as the team registers it with CIS2.
 */
export interface SimulatorClient {
  readonly clientId: string
  /** Exact redirect URIs. @default any `http:` or `https:` address on loopback */
  readonly redirectUris?: readonly string[]
  /** Where its public keys are. @default the redirect URI with `jwks` instead of its last path segment */
  readonly jwksUri?: string
  /**
   * Public keys to use when nobody listens at `jwksUri`, or its host does not exist; and where none is registered, when
   * there is nothing at the address that stands in for it. @default for the first client, those of `simulator.client`
   */
  readonly jwks?: { readonly keys: readonly JWK[] }
  /** The algorithm of its client assertions. @default 'RS512' */
  readonly signingAlgorithm?: string
  /** Where logout tokens go. @default the redirect URI with `back-channel-logout` instead of its last segment */
  readonly backChannelLogoutUri?: string
  /** Where the browser may go after logout. @default any `http:` or `https:` address on loopback */
  readonly postLogoutRedirectUris?: readonly string[]
  /** The algorithm of its ID tokens, logout tokens and signed UserInfo. @default 'RS256' */
  readonly idTokenSigningAlgorithm?: string
  /** Whether UserInfo comes as a signed JWT. @default false */
  readonly userInfoSigned?: boolean
}

/** A client with its defaults filled in. */
export interface RegisteredClient {
  readonly clientId: string
  readonly signingAlgorithm: string
  readonly idTokenSigningAlgorithm: string
  readonly userInfoSigned: boolean
  readonly jwks?: { readonly keys: readonly JWK[] }
  allowsRedirect(uri: string): boolean
  allowsPostLogoutRedirect(uri: string): boolean
  /** Whether the team registered where its keys are; otherwise `jwksUri` is only where they usually are. */
  readonly isJwksUriRegistered: boolean
  jwksUri(redirectUri: string): string
  backChannelLogoutUri(redirectUri: string): string
}

export const defaultClientId = '999999999999.apps.national'

export function registerClient(client: SimulatorClient): RegisteredClient {
  const { clientId, redirectUris, jwksUri, jwks, backChannelLogoutUri, postLogoutRedirectUris } = client
  return {
    clientId,
    signingAlgorithm: client.signingAlgorithm ?? 'RS512',
    idTokenSigningAlgorithm: client.idTokenSigningAlgorithm ?? 'RS256',
    userInfoSigned: client.userInfoSigned ?? false,
    ...(jwks ? { jwks } : {}),
    allowsRedirect: (uri) => redirectUris?.includes(uri) ?? isOnLoopback(uri),
    allowsPostLogoutRedirect: (uri) => postLogoutRedirectUris?.includes(uri) ?? isOnLoopback(uri),
    isJwksUriRegistered: jwksUri !== undefined,
    jwksUri: (redirectUri) => jwksUri ?? besides(redirectUri, 'jwks'),
    backChannelLogoutUri: (redirectUri) =>
      backChannelLogoutUri ?? besides(redirectUri, 'back-channel-logout'),
  }
}

function isOnLoopback(uri: string): boolean {
  if (!URL.canParse(uri)) return false
  const { protocol, hostname, hash, username } = new URL(uri)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  return isWeb && ['localhost', '127.0.0.1', '[::1]'].includes(hostname) && hash === '' && username === ''
}

function besides(uri: string, segment: string): string {
  return uri.replace(/\?.*$/, '').replace(/[^/]*$/, segment)
}
