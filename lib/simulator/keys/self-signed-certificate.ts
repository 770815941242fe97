import { createSigner } from './sign-jws.js'
import type { SigningKey } from './signing-key.js'

/**
 * A self-signed certificate in base64 DER, for a token that brings its own key along in `x5c`, and for a test that needs
 * https. Written out by hand
 * because Node reads certificates but makes none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function createSelfSignedCertificate(key: SigningKey, commonName = 'attacker'): string {
  const name = sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))))
  const algorithm = sequence(objectId('2a864886f70d01010b'), der(0x05, Buffer.alloc(0)))
  const year = 365 * 24 * 60 * 60 * 1000
  const body = sequence(
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(Date.now() - year), time(Date.now() + year)),
    name,
    key.publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = createSigner('RS256', key.privateKey)(body)
  return sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature]))).toString('base64')
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}
