import { override } from './faults/override.js'
import { movedJwksPath } from './issuer-address.js'
import { buildProviderMetadata } from './provider-metadata.js'
import { jsonReply } from './reply.js'
import type { Answer } from './endpoint.js'

/** `GET /.well-known/openid-configuration` */
export const answerDiscovery: Answer = (_request, { issuer, faults }) => {
  const advertises = faults.peek('mixUpMitigation')
  const metadata = {
    ...buildProviderMetadata(issuer),
    ...(faults.peek('movedJwksUri') ? { jwks_uri: issuer + movedJwksPath } : {}),
    ...(advertises && advertises !== 'sent' ? { authorization_response_iss_parameter_supported: true } : {}),
  }
  return jsonReply(200, override(metadata, faults.take('discovery')))
}
