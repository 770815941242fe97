import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { PrivateJwk } from './private-jwk.js'
import { buildPublicJwk } from './public-jwk.js'
import type { SigningAlgorithm } from './signing-algorithm.js'

const generate = promisify(generateKeyPair)

/** The kinds of key that CIS2 clients are made with, and the algorithms of each, the usual one first. */
export const keyKinds = {
  'rsa-2048': { title: 'RSA, 2048 bits', algorithms: ['RS512', 'RS256', 'RS384', 'PS256', 'PS384', 'PS512'] },
  'rsa-3072': { title: 'RSA, 3072 bits', algorithms: ['RS512', 'RS256', 'RS384', 'PS256', 'PS384', 'PS512'] },
  'rsa-4096': { title: 'RSA, 4096 bits', algorithms: ['RS512', 'RS256', 'RS384', 'PS256', 'PS384', 'PS512'] },
  'ec-p256': { title: 'EC, curve P-256', algorithms: ['ES256'] },
} as const satisfies Readonly<Record<string, { title: string; algorithms: readonly SigningAlgorithm[] }>>

/** The name of a kind of key. */
export type KeyKind = keyof typeof keyKinds

/** Whether the text names a kind of key. */
export function isKeyKind(name: string): name is KeyKind {
  return Object.hasOwn(keyKinds, name)
}

/** A new private key: as it is, and as a JWK whose `kid` is its RFC 7638 thumbprint. */
export async function generateKey(
  kind: KeyKind,
  algorithm: SigningAlgorithm,
): Promise<{ privateKey: KeyObject; jwk: PrivateJwk & { kid: string } }> {
  const { privateKey, publicKey } =
    kind === 'ec-p256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: Number(kind.slice('rsa-'.length)) })
  const { kid, use, alg } = buildPublicJwk(publicKey, { kid: undefined, algorithm })
  return { privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid, use, alg } }
}
