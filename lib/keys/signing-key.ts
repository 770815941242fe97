import { createPrivateKey, createPublicKey, KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { JsonWebKey } from './json-web-key.js'
import { checkUse, parseAlg, parseKid } from './jwk-members.js'
import { KeyProblem } from './key-problem.js'
import { readPrivateKeyText } from './private-key-text.js'
import { isRemoteSigner, remoteSigningKey, type RemoteSigner } from './remote-signer.js'
import { buildPublicJwk, type PublicJwk } from './public-jwk.js'
import { algorithmFacts, checkKeyFits, type SigningAlgorithm } from './signing-algorithm.js'

/** A key as an application has it: PEM or JWK text, a JWK, a `KeyObject`, or a signer elsewhere (KMS, Key Vault, HSM). */
export type SigningKeyInput = string | JsonWebKey | KeyObject | RemoteSigner

/** A key that is known to work, ready to sign. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly publicJwk: PublicJwk
  /** Signs the bytes; for ES algorithms the result is raw r‖s. */
  sign(data: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

const signOffThread = promisify(
  (
    algorithm: string,
    data: Uint8Array,
    key: Parameters<typeof sign>[2],
    done: (error: Error | null, signature: Buffer) => void,
  ) => sign(algorithm, data, key, done),
)

/**
 * Turns whatever form a private key is in into one that signs, and proves with one signature that it does.
 *
 * @throws {KeyProblem} naming what was found and what was expected, without any of the key's text
 */
export function parseSigningKey(input: SigningKeyInput, defaultAlgorithm: SigningAlgorithm): SigningKey {
  if (isRemoteSigner(input)) return remoteSigningKey(input, defaultAlgorithm)
  const material = typeof input === 'string' ? readPrivateKeyText(input) : input
  return material instanceof KeyObject
    ? localSigningKey(material, defaultAlgorithm, undefined)
    : parsePrivateJwk(material, defaultAlgorithm)
}

function parsePrivateJwk(jwk: JsonWebKey, defaultAlgorithm: SigningAlgorithm): SigningKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw new KeyProblem('is not a key: PEM text, a JWK, a KeyObject or a RemoteSigner is expected')
  if (ArrayBuffer.isView(jwk))
    throw new KeyProblem("is a buffer: read the file as text, with readFileSync(path, 'utf8')")
  if ('keys' in jwk && Array.isArray(jwk.keys))
    throw new KeyProblem(
      'is a JWK set, not one key: give one of its keys, or the set as `jwks` where that is an option',
    )
  if (jwk.kty === 'oct')
    throw new KeyProblem('is a shared secret (kty "oct"); private_key_jwt needs an RSA or EC key pair')
  if (jwk.kty !== 'RSA' && jwk.kty !== 'EC')
    throw new KeyProblem('has no usable "kty": RSA or EC is expected')
  if (jwk.d === undefined) throw new KeyProblem('is a public JWK (it has no "d"): the private key is needed')
  checkUse(jwk.use)
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('sign'))
    throw new KeyProblem('may not sign ("key_ops" has no "sign")')
  const algorithm = parseAlg(jwk.alg, defaultAlgorithm)
  const kid = parseKid(jwk.kid)
  let key: KeyObject
  try {
    key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    throw new KeyProblem(
      'is a JWK that cannot be read: members are missing or damaged (RSA needs n, e, d, p, q, dp, dq, qi; EC needs crv, x, y, d)',
    )
  }
  return localSigningKey(key, algorithm, kid)
}

function localSigningKey(key: KeyObject, algorithm: SigningAlgorithm, kid: string | undefined): SigningKey {
  if (key.type !== 'private') {
    throw new KeyProblem(
      key.type === 'public'
        ? 'is a public key: the private key is needed'
        : 'is a shared secret: an RSA or EC key pair is needed',
    )
  }
  const misfit = checkKeyFits(key, algorithm)
  if (misfit !== undefined) throw new KeyProblem(misfit)
  const { hash, options } = algorithmFacts(algorithm)
  const publicKey = createPublicKey(key)
  proveThatItSigns(
    () => sign(hash, probe, { key, ...options }),
    (signature) => verify(hash, probe, { key: publicKey, ...options }, signature),
  )
  const publicJwk = buildPublicJwk(publicKey, { kid, algorithm })
  return {
    kid: publicJwk.kid,
    algorithm,
    publicJwk,
    sign: isQuick(key)
      ? (data) => Promise.resolve(sign(hash, data, { key, ...options }))
      : (data) => signOffThread(hash, data, { key, ...options }),
  }
}

// A third of a millisecond: to hand it to another thread costs a good part of that again. RSA of 3072 bits takes three
// times as long, of 4096 bits fifteen times, and nobody else should wait for that.
function isQuick({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 0) <= 2048
}

const probe = Buffer.from('express-cis2 start-up check')

// A JWK pasted together from two keys parses; it is the first signature that shows it.
function proveThatItSigns(makeSignature: () => Buffer, isValid: (signature: Buffer) => boolean): void {
  let valid = false
  try {
    valid = isValid(makeSignature())
  } catch {
    // Reported below with the same words: OpenSSL's own text helps nobody.
  }
  if (!valid) throw new KeyProblem('does not sign: its private and public parts do not belong together')
}
