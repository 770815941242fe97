import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto'
import type { JsonWebKey } from '../../keys/json-web-key.js'
import { promisify } from 'node:util'

/** A key that the simulator signs with. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Members that its published form has on top of, or instead of, the usual ones. */
  readonly published?: Readonly<Record<string, unknown>>
}

/** What is not like a usual key. */
export interface SigningKeyOptions {
  kid?: string
  /** RSA modulus length. @default 2048 */
  bits?: number
  published?: Readonly<Record<string, unknown>>
}

const generate = promisify(generateKeyPair)

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** Makes a key for a signing algorithm. Takes about 0.2 s of another thread for RSA. */
export async function createSigningKey(alg: string, options: SigningKeyOptions = {}): Promise<SigningKey> {
  const { kid = randomKeyId(), bits = 2048, published } = options
  const namedCurve = curves[alg]
  const pair = namedCurve
    ? await generate('ec', { namedCurve })
    : await generate('rsa', { modulusLength: bits })
  return { kid, alg, ...pair, ...(published ? { published } : {}) }
}

/** Its published form. */
export function buildPublicJwk(key: SigningKey): JsonWebKey & { kid: string } {
  const jwk = key.publicKey.export({ format: 'jwk' })
  return { ...jwk, kid: key.kid, use: 'sig', alg: key.alg, ...key.published }
}

/** Like CIS2's: plain base64 with every character that is awkward in a path or a URL. */
export function randomKeyId(): string {
  for (;;) {
    const kid = randomBytes(20).toString('base64')
    if (kid.includes('/') && kid.includes('+')) return kid
  }
}
