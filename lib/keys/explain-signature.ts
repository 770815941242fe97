import { hash, verify, type KeyObject } from 'node:crypto'
import {
  algorithmFacts,
  isSigningAlgorithm,
  signingAlgorithms,
  type SigningAlgorithm,
} from './signing-algorithm.js'

interface Signed {
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly publicKey: KeyObject
  readonly algorithm: SigningAlgorithm
}

/** Whether the signature is what JWS wants of this algorithm (RFC 7518, section 3). */
export function isGoodSignature({ data, signature, publicKey, algorithm }: Signed): boolean {
  const { hash: digest, options } = algorithmFacts(algorithm)
  return verify(digest, data, { key: publicKey, ...options }, signature)
}

/** What is wrong with a signature that is not good, as far as it shows: what was found, what was expected. */
export function explainSignature(signed: Signed): string {
  const { signature, publicKey, algorithm } = signed
  const length = signatureLength(publicKey)
  const isCurve = publicKey.asymmetricKeyType === 'ec'
  if (isCurve && isDer(signature)) return `it is DER, expected raw r‖s (${length} bytes): convert it`
  if (signature.length !== length) return `it has ${signature.length} bytes, expected ${length} for this key`
  const other = signingAlgorithms
    .filter(isSigningAlgorithm)
    .find((name) => isGoodWith(signed, name, signed.data))
  if (other !== undefined && isCurve)
    return `its hash is ${algorithmFacts(other).hash}, expected ${algorithmFacts(algorithm).hash} for ${algorithm}`
  if (other !== undefined) return `it is ${other}, expected ${algorithm}`
  const digest = hash(algorithmFacts(algorithm).hash, signed.data, 'buffer')
  if (isGoodWith(signed, algorithm, digest))
    return 'the digest was hashed once more: hand it over as a digest, or the data as it is'
  return 'it was made by another key, or with another algorithm'
}

function isGoodWith(signed: Signed, algorithm: SigningAlgorithm, data: Uint8Array): boolean {
  return (
    algorithmFacts(algorithm).keyType === signed.publicKey.asymmetricKeyType &&
    isGoodSignature({ ...signed, algorithm, data })
  )
}

function signatureLength({ asymmetricKeyDetails }: KeyObject): number {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return Math.ceil(modulusLength / 8)
  return { prime256v1: 64, secp384r1: 96 }[namedCurve ?? ''] ?? 132
}

/** A SEQUENCE of two INTEGERs that fills the whole; as raw r‖s that would be one chance in millions. */
function isDer(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes)
  const start = view[1] === 0x81 ? 3 : 2
  const length = view[start - 1] ?? 0
  const second = start + 2 + (view[start + 1] ?? 0)
  return (
    view[0] === 0x30 &&
    start + length === view.length &&
    view[start] === 0x02 &&
    view[second] === 0x02 &&
    second + 2 + (view[second + 1] ?? 0) === view.length
  )
}
