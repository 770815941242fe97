import type { Config } from '../config/config.js'
import type { ProviderMetadata } from '../provider/discovery.js'

// Servers and proxies refuse addresses of more than about 8 KiB.
const longestHint = 4096

/**
 * Where the browser goes to be logged out at CIS2 too (OpenID Connect RP-Initiated Logout 1.0, 2). The ID token is only
 * a hint: one that is too long is left out, and CIS2 goes by `client_id`.
 *
 * @returns nothing when CIS2 has no such endpoint
 */
export function buildEndSessionRequest(
  config: Config,
  metadata: ProviderMetadata,
  idToken: string | undefined,
): string | undefined {
  const { end_session_endpoint: endpoint } = metadata
  if (endpoint === undefined) return undefined
  const parameters = new URLSearchParams({
    client_id: config.clientId,
    post_logout_redirect_uri: `${config.baseOrigin}${config.basePath}${config.routes.loggedOut}`,
    ...(idToken !== undefined && idToken.length <= longestHint ? { id_token_hint: idToken } : {}),
  })
  // Appended as text: URL would drop the :443 that CIS2's addresses carry.
  return `${endpoint}${endpoint.includes('?') ? '&' : '?'}${parameters.toString()}`
}
