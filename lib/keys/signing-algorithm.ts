import { constants, type SignKeyObjectInput, type KeyObject } from 'node:crypto'

/** An algorithm for client assertions (RFC 7518, section 3.1). Symmetric ones and `none` do not exist here. */
export type SigningAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512'

interface AlgorithmFacts {
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  readonly keyType: 'rsa' | 'ec'
  readonly curve?: string
  readonly options: Omit<SignKeyObjectInput, 'key'>
}

const rsa = { keyType: 'rsa', options: { padding: constants.RSA_PKCS1_PADDING } } as const
const pss = (saltLength: number) =>
  ({ keyType: 'rsa', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } }) as const
// JWS wants the raw r‖s form; OpenSSL's default is DER.
const ec = { keyType: 'ec', options: { dsaEncoding: 'ieee-p1363' } } as const

const facts: Readonly<Record<SigningAlgorithm, AlgorithmFacts>> = {
  RS256: { hash: 'sha256', ...rsa },
  RS384: { hash: 'sha384', ...rsa },
  RS512: { hash: 'sha512', ...rsa },
  PS256: { hash: 'sha256', ...pss(32) },
  PS384: { hash: 'sha384', ...pss(48) },
  PS512: { hash: 'sha512', ...pss(64) },
  ES256: { hash: 'sha256', ...ec, curve: 'prime256v1' },
  ES384: { hash: 'sha384', ...ec, curve: 'secp384r1' },
  ES512: { hash: 'sha512', ...ec, curve: 'secp521r1' },
}

/** The algorithms by name, for messages. */
export const signingAlgorithms: readonly string[] = Object.keys(facts)

/** Whether the text is the name of an algorithm this library signs with. */
export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return typeof name === 'string' && Object.hasOwn(facts, name)
}

/** What OpenSSL needs to know to sign or verify with this algorithm. */
export function algorithmFacts(algorithm: SigningAlgorithm): AlgorithmFacts {
  return facts[algorithm]
}

/** Why a key cannot be used with an algorithm, or nothing. */
export function checkKeyFits(key: KeyObject, algorithm: SigningAlgorithm): string | undefined {
  const { keyType, curve } = facts[algorithm]
  const found = key.asymmetricKeyType ?? 'symmetric'
  const details = key.asymmetricKeyDetails ?? {}
  if (found !== keyType) {
    return `is ${described(found, details.namedCurve)}, and ${algorithm} needs ${keyType === 'rsa' ? 'an RSA key' : `an EC key on ${curve}`}`
  }
  if (keyType === 'rsa' && (details.modulusLength ?? 0) < 2048) {
    return `is an RSA key of ${details.modulusLength ?? 0} bits; at least 2048 are needed (3072 is a good choice)`
  }
  if (keyType === 'ec' && details.namedCurve !== curve) {
    return `is ${described(found, details.namedCurve)}, and ${algorithm} needs the curve ${curve}`
  }
  return undefined
}

function described(type: string, curve: string | undefined): string {
  if (type === 'ec') return `an EC key on ${curve ?? 'an unknown curve'}`
  return type === 'rsa' ? 'an RSA key' : `a key of type ${type}`
}
