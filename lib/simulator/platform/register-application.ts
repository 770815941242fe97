import { randomBytes, randomUUID } from 'node:crypto'
import { buildPublicJwk, createSigningKey } from '../keys/signing-key.js'
import type { SimulatorState } from '../simulator-state.js'
import type { PlatformApplicationCredentials, PlatformApplicationOptions } from './platform-application.js'

/** Registers an application, and makes a key for it. */
export async function registerPlatformApplication(
  options: PlatformApplicationOptions,
  { platform, issuer }: SimulatorState,
): Promise<PlatformApplicationCredentials> {
  const key = await createSigningKey('RS512', { kid: `platform-${randomUUID()}` })
  const { apiKey = randomBytes(16).toString('hex'), apiSecret = randomBytes(8).toString('hex') } = options
  const { hasPublicKey = true, jwksUri, trustedIssuer = issuer, minimumAuthenticationLevel = 3 } = options
  platform.applications.set(apiKey, {
    apiKey,
    apiSecret,
    ...(jwksUri === undefined ? {} : { jwksUri }),
    publicKeys: hasPublicKey ? [buildPublicJwk(key)] : [],
    trustedIssuer,
    minimumAuthenticationLevel,
  })
  const signingKey = { ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: key.alg }
  return { tokenUrl: platform.tokenUrl, apiKey, apiSecret, signingKey }
}
