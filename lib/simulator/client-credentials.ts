import type { JsonWebKey } from '../keys/json-web-key.js'
import { calculateJwkThumbprint } from 'jose'
import { createSigningKey } from './keys/signing-key.js'
import type { SimulatorClient } from './simulator-client.js'

/** A private key as JSON, ready for the `jwks` option of `createCis2`. */
export type ClientPrivateJwk = JsonWebKey &
  Record<string, unknown> & { kid: string; alg: string; use: string }

/**
 * What an application needs to be the simulator's first client: `createCis2({ ...simulator.client, … })`. The key is
 * made for this run.
 */
export interface ClientCredentials {
  clientId: string
  jwks: { keys: ClientPrivateJwk[] }
}

export async function createClientCredentials({
  clientId,
  signingAlgorithm = 'RS512',
}: SimulatorClient): Promise<ClientCredentials> {
  const { privateKey } = await createSigningKey(signingAlgorithm)
  const jwk = privateKey.export({ format: 'jwk' })
  const kid = await calculateJwkThumbprint(jwk)
  return { clientId, jwks: { keys: [{ ...jwk, kid, alg: signingAlgorithm, use: 'sig' }] } }
}

/** Its public half, as the simulator knows it without asking the application. */
export function publicHalf({ jwks }: ClientCredentials): { keys: Record<string, unknown>[] } {
  const members = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use']
  return {
    keys: jwks.keys.map((jwk) =>
      Object.fromEntries(Object.entries(jwk).filter(([name]) => members.includes(name))),
    ),
  }
}
