import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync } from 'node:crypto'
import { randomBytes } from '../random.js'

const ivBytes = 12
const tagBytes = 16

/**
 * The keys derived from one secret, for one client of one provider at one redirect URI: what another one sealed with the
 * same secret does not open here.
 *
 * Encryption is AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D), key derivation HKDF (RFC 5869).
 */
export class SealingKeys {
  readonly #encryption: Buffer
  readonly #derivation: Buffer

  constructor(secret: string, purpose: string) {
    // HKDF takes a kilobyte at most here, and an address may be longer.
    const owner = hash('sha256', purpose, 'base64url')
    const derive = (use: string): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, '', `express-cis2 ${use} ${owner}`, 32))
    this.#encryption = derive('encryption')
    this.#derivation = derive('derivation')
  }

  /** Encrypts the text; it opens only with the same context. */
  seal(text: string, context: string): string {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#encryption, iv, { authTagLength: tagBytes })
    cipher.setAAD(Buffer.from(context))
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    )
  }

  /** The sealed text, or nothing when it was changed, or sealed elsewhere or for another context. */
  open(sealed: string, context: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < ivBytes + tagBytes) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#encryption, bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString(
        'utf8',
      )
    } catch {
      return undefined
    }
  }

  /** 64 bytes that follow from these for whoever has the secret; who sees a part of them knows nothing of the rest. */
  derive(bytes: Buffer): Buffer {
    return createHmac('sha512', this.#derivation).update(bytes).digest()
  }
}
