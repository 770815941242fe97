import { createSigningKey, buildPublicJwk, type SigningKey } from './keys/signing-key.js'
import type { EndpointFaults } from './faults/fault-values.js'
import { override } from './faults/override.js'
import { errorReply, jsonReply } from './reply.js'
import { movedJwksPath } from './issuer-address.js'
import type { Answer } from './endpoint.js'

/** `GET /connect/jwk_uri` */
export const answerJwks: Answer = async (request, { keys, faults, issuerPath }) => {
  const isMoved = request.originalUrl.startsWith(issuerPath + movedJwksPath)
  if (isMoved !== (faults.peek('movedJwksUri') ?? false))
    return errorReply(404, 'not_found', 'Not found.', 'the jwks_uri is another one now')
  const published = await keys.published()
  const fault = faults.take('jwksKeys')
  const set = fault ? await spoilKeys(published, fault) : { keys: published.map(buildPublicJwk) }
  return jsonReply(200, override(set, faults.take('jwks')))
}

async function spoilKeys(
  published: readonly SigningKey[],
  fault: EndpointFaults['jwksKeys'],
): Promise<Record<string, unknown>> {
  const good = published.map(buildPublicJwk)
  const [first] = good
  const withSameKid = async (alg: string) => ({
    ...buildPublicJwk(await createSigningKey(alg)),
    kid: first?.kid,
  })
  switch (fault) {
    case 'none':
      return { keys: [] }
    case 'missing':
      return {}
    case 'not-array':
      return { keys: Object.fromEntries(Object.entries(good)) }
    case 'malformed-beside-good':
      return { keys: [null, 'key', { kty: 'RSA', kid: 'no modulus' }, { kty: 'unheard-of' }, ...good] }
    case 'without-kid':
      return { keys: good.map((jwk) => ({ ...jwk, kid: undefined })) }
    case 'without-alg':
      return { keys: good.map((jwk) => ({ ...jwk, alg: undefined })) }
    case 'same-kid-other-type':
      return { keys: [await withSameKid('ES256'), ...good] }
    case 'same-kid-other-key':
      return { keys: [await withSameKid('RS256'), ...good] }
    case 'private-members':
      return {
        keys: published.map((key) => ({
          ...key.privateKey.export({ format: 'jwk' }),
          ...buildPublicJwk(key),
        })),
      }
    case 'ten-thousand':
      return { keys: [...Array.from({ length: 10_000 }, (_, n) => ({ ...first, kid: `key ${n}` })), ...good] }
  }
}
