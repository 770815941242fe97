import type { KeyObject } from 'node:crypto'
import type { ArtefactFaults } from '../faults/fault-values.js'
import type { ProviderKeys, SpecialKey } from './provider-keys.js'
import { createSelfSignedCertificate } from './self-signed-certificate.js'
import { createHmacSigner, createSigner, type Signer } from './sign-jws.js'
import { buildPublicJwk, type SigningKey } from './signing-key.js'

/** What signs a token, and what the token's header says about it. */
export interface ChosenSigner {
  readonly header: Readonly<Record<string, unknown>>
  readonly sign: Signer
}

type KeyFault = ArtefactFaults['Key']
type AlgorithmFault = ArtefactFaults['Algorithm']

/** The key a fault signs with must be in the key set before the token is: a relying party may fetch that first. */
export function publishedKeyOf(fault: unknown): SpecialKey | undefined {
  if (fault === 'ES256') return 'es256'
  return fault === 'rsa-1024' || fault === 'use-enc' || fault === 'no-verify' ? fault : undefined
}

/** Signs as usual. */
export function usualSigner(key: SigningKey): ChosenSigner {
  return { header: { typ: 'JWT', kid: key.kid, alg: key.alg }, sign: createSigner(key.alg, key.privateKey) }
}

/** Signs with another algorithm. */
export async function signerOfAlgorithm(
  fault: AlgorithmFault,
  usual: SigningKey,
  keys: ProviderKeys,
): Promise<ChosenSigner> {
  const header = { typ: 'JWT', kid: usual.kid, alg: fault }
  if (fault === 'ES256') return usualSigner(await keys.special('es256'))
  if (!fault.startsWith('HS256')) return { header, sign: createSigner(fault, usual.privateKey) }
  return { header: { ...header, alg: 'HS256' }, sign: createHmacSigner(secretOf(fault, usual)) }
}

/** Signs with another key. */
export async function signerOfKey(
  fault: KeyFault,
  usual: SigningKey,
  keys: ProviderKeys,
  elsewhere: string,
): Promise<ChosenSigner> {
  if (fault !== 'embedded-jwk' && fault !== 'embedded-x5c' && fault !== 'jku' && fault !== 'x5u')
    return usualSigner(await keys.special(fault))
  const attacker = await keys.special('unpublished')
  const { header, sign } = usualSigner(attacker)
  // Under the good key's id, so that only the choice of the key can be at fault.
  if (fault === 'embedded-jwk') return { header: { ...header, kid: usual.kid, jwk: jwkOf(attacker) }, sign }
  if (fault === 'embedded-x5c')
    return { header: { ...header, kid: usual.kid, x5c: [createSelfSignedCertificate(attacker)] }, sign }
  return { header: { ...header, [fault]: elsewhere }, sign }
}

function jwkOf(key: SigningKey): Record<string, unknown> {
  return { ...buildPublicJwk(key) }
}

function secretOf(fault: AlgorithmFault, { publicKey, kid }: SigningKey): string | Buffer {
  if (fault === 'HS256-pem') return String(publicKey.export({ format: 'pem', type: 'spki' }))
  if (fault === 'HS256-der') return publicKey.export({ format: 'der', type: 'spki' })
  return fault === 'HS256-n'
    ? modulusOf(publicKey)
    : JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid })
}

function modulusOf(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
}
