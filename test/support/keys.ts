import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto'

export function makeRsaJwk(bits = 2048): JsonWebKey & { kid: string; alg: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const jwk = privateKey.export({ format: 'jwk' })
  const kid = createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
    .digest('base64url')
  return { ...jwk, kid, alg: 'RS512' }
}

/** A client of the tests' own, made afresh for each test file. */
export const testKeys = { clientId: '888888888888.apps.national', jwks: { keys: [makeRsaJwk()] } }

export const testSecret = 'Zm9yIHRlc3RzIG9ubHk6IDMyIGNoYXJhY3RlcnMgYXQgbGVhc3Q'
