import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JsonWebKey } from './json-web-key.js'
import { Cis2Error, ProviderError } from '../errors.js'
import { withinSignal } from '../deadline.js'
import { explainSignature, isGoodSignature } from './explain-signature.js'
import { parseAlg, parseKid } from './jwk-members.js'
import { KeyProblem } from './key-problem.js'
import { buildPublicJwk } from './public-jwk.js'
import { checkKeyFits, type SigningAlgorithm } from './signing-algorithm.js'
import { Turns } from './turns.js'

// Vaults charge by the call and refuse too many at a time; more than this would only wait there.
const signaturesAtOnce = 20

/**
 * A private key that never leaves its vault (AWS KMS, Azure Key Vault, an HSM). At most 20 signatures of a key are
 * asked for at a time; further logins wait for their turn, within their time.
 */
export interface RemoteSigner {
  /** The public half, as a JWK. It is what the key set publishes. */
  publicJwk: JsonWebKey
  /** The algorithm `sign` uses. @default the option `signingAlgorithm` */
  alg?: string
  /** The key's name in the key set. @default the JWK's `kid`, else its RFC 7638 thumbprint */
  kid?: string
  /**
   * Signs the bytes (the function hashes them itself). For ES algorithms the result is raw r‖s, not DER.
   * `signal` aborts when the login's time is up: hand it on, so that the vault is no longer asked.
   */
  sign(data: Uint8Array, options: { signal: AbortSignal }): Promise<Uint8Array>
}

export function isRemoteSigner(input: unknown): input is RemoteSigner {
  return typeof input === 'object' && input !== null && 'sign' in input && typeof input.sign === 'function'
}

/** @throws {KeyProblem} */
// Its result is a SigningKey by its shape; to name the type would make the two files import each other.
export function remoteSigningKey(signer: RemoteSigner, defaultAlgorithm: SigningAlgorithm) {
  const algorithm = parseAlg(signer.alg ?? signer.publicJwk?.['alg'], defaultAlgorithm)
  const publicKey = parsePublicJwk(signer.publicJwk)
  const misfit = checkKeyFits(publicKey, algorithm)
  if (misfit !== undefined) throw new KeyProblem(misfit)
  const { use } = signer.publicJwk
  if (use !== undefined && use !== 'sig')
    throw new KeyProblem('has a "publicJwk" that is marked for encryption ("use" is not "sig")')
  const kid = parseKid(signer.kid ?? signer.publicJwk.kid)
  const publicJwk = buildPublicJwk(publicKey, { kid, algorithm })
  const turns = new Turns(signaturesAtOnce)
  let provedLength: number | undefined
  return {
    kid: publicJwk.kid,
    algorithm,
    publicJwk,
    async sign(data: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
      const signature = await takeTurn(turns, signal, () => askSigner(signer, data, signal))
      // A vault that answers in DER, or with another key, is told apart from CIS2's "JWT is not valid" by this once; and
      // half an answer later on, by its length.
      const signed = { data, signature, publicKey, algorithm }
      if (signature.length !== provedLength && !isGoodSignature(signed)) {
        throw new ProviderError(
          'ERR_CIS2_SIGNING',
          `the remote signer's signature does not verify with its publicJwk: ${explainSignature(signed)}`,
        )
      }
      provedLength = signature.length
      return signature
    },
  }
}

async function takeTurn<T>(turns: Turns, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  try {
    return await turns.run(task, signal)
  } catch (cause) {
    if (cause instanceof Cis2Error) throw cause
    const detail = `${signaturesAtOnce} signatures are under way at the remote signer, and none ended in time for this one to begin`
    throw new ProviderError('ERR_CIS2_SIGNING', detail, { cause })
  }
}

async function askSigner(signer: RemoteSigner, data: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  try {
    // Not signer.sign() alone: the time ends for those too that hear of no signal.
    const signature: unknown = await withinSignal(signer.sign(data, { signal }), signal)
    if (signature instanceof Uint8Array) return signature
  } catch (cause) {
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
    return createPublicKey({ key: { ...(jwk as JsonWebKey) }, format: 'jwk' })
  } catch {
    throw new KeyProblem('has a "publicJwk" that cannot be read as an RSA or EC public key')
  }
}
