import { allowInsecureRequests, Configuration, type ClientAuth } from 'openid-client'
import type { ProviderMetadata } from './discovery.js'

/** openid-client's view of CIS2. Plain http was allowed, on loopback only, when the metadata was checked. */
export function createOpenidConfiguration(
  metadata: ProviderMetadata,
  clientId: string,
  clientAuth?: ClientAuth,
): Configuration {
  const { warnings: _warnings, ...server } = metadata
  const configuration = new Configuration(server, clientId, undefined, clientAuth)
  if (metadata.issuer.startsWith('http:')) allowInsecureRequests(configuration)
  return configuration
}
