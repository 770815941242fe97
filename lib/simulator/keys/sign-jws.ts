import { constants, createHmac, sign, type KeyObject } from 'node:crypto'

/** The three parts of a compact JWS, each in base64url. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

/** Makes a signature over some bytes. */
export type Signer = (data: Buffer) => Buffer

/** Signs with an algorithm, or not at all where it is a spelling of `none`. */
export function createSigner(alg: string, key: KeyObject): Signer {
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('RS')) return (data) => sign(hash, data, key)
  if (alg.startsWith('PS')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    return (data) => sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  }
  if (alg.startsWith('ES')) return (data) => sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  return () => Buffer.alloc(0)
}

/** Signs with a shared secret. */
export function createHmacSigner(secret: string | Buffer): Signer {
  return (data) => createHmac('sha256', secret).update(data).digest()
}

/**
 * Signs any header and any payload, however wrong they are.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-5.1
 */
export function signJws(header: unknown, payload: string | Uint8Array, signer: Signer): JwsParts {
  const parts = { header: base64url(JSON.stringify(header) ?? ''), payload: base64url(payload) }
  return {
    ...parts,
    signature: signer(Buffer.from(`${parts.header}.${parts.payload}`)).toString('base64url'),
  }
}

export function base64url(content: string | Uint8Array): string {
  return Buffer.from(typeof content === 'string' ? Buffer.from(content) : content).toString('base64url')
}

export function compact({ header, payload, signature }: JwsParts): string {
  return `${header}.${payload}.${signature}`
}
