import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import { Cis2Error, ProviderError } from '../errors.js'
import { withinSignal } from '../deadline.js'
import { KeyProblem } from './key-problem.js'
import { buildPublicJwk } from './public-jwk.js'
import {
  algorithmFacts,
  checkKeyFits,
  isSigningAlgorithm,
  signingAlgorithms,
  type SigningAlgorithm,
} from './signing-algorithm.js'

/** A private key that never leaves its vault (AWS KMS, Azure Key Vault, an HSM). */
export interface RemoteSigner {
  /** The public half, as a JWK. It is what the key set publishes. */
  publicJwk: JsonWebKey
  /** The algorithm `sign` uses. @default the option `signingAlgorithm` */
  alg?: string
  /** The key's name in the key set. @default the JWK's `kid`, else its RFC 7638 thumbprint */
  kid?: string
  /**
   * Signs the bytes (the function hashes them itself). For ES algorithms the result is raw r‖s, not DER.
   * `signal` aborts when the login's time is up.
   */
  sign(data: Uint8Array, options: { signal: AbortSignal }): Promise<Uint8Array>
}

export function isRemoteSigner(input: unknown): input is RemoteSigner {
  return typeof input === 'object' && input !== null && 'sign' in input && typeof input.sign === 'function'
}

/** @throws {KeyProblem} */
// Its result is a SigningKey by its shape; to name the type would make the two files import each other.
export function remoteSigningKey(signer: RemoteSigner, defaultAlgorithm: SigningAlgorithm) {
  const algorithm = signer.alg ?? signer.publicJwk?.['alg'] ?? defaultAlgorithm
  if (!isSigningAlgorithm(algorithm)) {
    throw new KeyProblem(
      `has an "alg" that cannot sign client assertions; one of ${signingAlgorithms.join(', ')} is expected`,
    )
  }
  const publicKey = parsePublicJwk(signer.publicJwk)
  const misfit = checkKeyFits(publicKey, algorithm)
  if (misfit !== undefined) throw new KeyProblem(misfit)
  const kid = signer.kid ?? signer.publicJwk['kid']
  const publicJwk = buildPublicJwk(publicKey, { kid: typeof kid === 'string' ? kid : undefined, algorithm })
  const { hash, options } = algorithmFacts(algorithm)
  let isProved = false
  return {
    kid: publicJwk.kid,
    algorithm,
    publicJwk,
    async sign(data: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
      const signature = await askSigner(signer, data, signal)
      // A vault that answers in DER, or with another key, is told apart from CIS2's "JWT is not valid" by this once.
      if (!isProved && !verify(hash, data, { key: publicKey, ...options }, signature)) {
        throw new ProviderError(
          'ERR_CIS2_SIGNING',
          "the remote signer's signature does not verify with its publicJwk: another key, another algorithm, or DER instead of raw r‖s",
        )
      }
      isProved = true
      return signature
    },
  }
}

async function askSigner(signer: RemoteSigner, data: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const signature: unknown = await withinSignal(signer.sign(data, { signal }), signal)
    if (signature instanceof Uint8Array) return signature
  } catch (cause) {
    if (cause instanceof Cis2Error) throw cause
    throw new ProviderError(
      'ERR_CIS2_SIGNING',
      signal.aborted ? 'the remote signer did not answer in time' : 'the remote signer failed',
      { cause },
    )
  }
  throw new ProviderError('ERR_CIS2_SIGNING', 'the remote signer did not return a Uint8Array')
}

function parsePublicJwk(jwk: unknown): KeyObject {
  if (typeof jwk !== 'object' || jwk === null) throw new KeyProblem('is a RemoteSigner without "publicJwk"')
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    throw new KeyProblem('has a "publicJwk" that cannot be read as an RSA or EC public key')
  }
}
