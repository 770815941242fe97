import { randomBytes } from 'node:crypto'
import type { ArtefactFaults } from '../faults/fault-values.js'
import { base64url, compact, signJws, type JwsParts, type Signer } from './sign-jws.js'

/** Spoils the signature, or the payload behind its back. */
export function spoilSignature(
  parts: JwsParts,
  fault: ArtefactFaults['Signature'],
  signers: { usual: Signer; other: Signer },
): JwsParts {
  const good = Buffer.from(parts.signature, 'base64url')
  const signed = (signer: Signer, payload: string) =>
    signer(Buffer.from(`${parts.header}.${payload}`)).toString('base64url')
  switch (fault) {
    case 'other-key':
      return { ...parts, signature: signed(signers.other, parts.payload) }
    case 'bit-flipped':
      return { ...parts, signature: base64url(good.map((byte, index) => (index === 9 ? byte ^ 1 : byte))) }
    case 'truncated':
      return { ...parts, signature: base64url(good.subarray(0, -1)) }
    case 'empty':
      return { ...parts, signature: '' }
    case 'zeros':
      return { ...parts, signature: base64url(Buffer.alloc(good.length)) }
    case 'other-token':
      return { ...parts, signature: signed(signers.usual, base64url('{"sub":"another"}')) }
    case 'tampered-payload':
      return { ...parts, payload: base64url(tampered(Buffer.from(parts.payload, 'base64url').toString())) }
  }
}

/** Writes a token in another way than the compact serialisation. */
export function serialise(parts: JwsParts, fault: ArtefactFaults['Serialisation']): unknown {
  const { header, payload, signature } = parts
  switch (fault) {
    case 'two-segments':
      return `${header}.${payload}`
    case 'five-segments':
      return encryptedLookalike()
    case 'json-general':
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] })
    case 'json-flattened':
      return JSON.stringify({ payload, protected: header, signature })
    case 'array':
      return [compact(parts)]
    case 'byte-order-mark':
      return `\uFEFF${compact(parts)}`
    case 'white-space':
      return ` ${header}.${payload}.\n${signature} `
    case 'padded':
      return `${compact(parts)}==`
    case 'spare-bits':
      return `${header}.${payload}.${withSpareBits(signature)}`
  }
}

function tampered(payload: string): string {
  return payload.replace(/"sub":"[^"]*"/, '"sub":"555999999999"').concat(' ')
}

/** A header that asks for a very long key derivation, which must not be begun. */
function encryptedLookalike(): string {
  const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', zip: 'DEF', p2c: 2_000_000_000, p2s: 'c2FsdA' }
  const rest = [40, 12, 300, 16].map((length) => randomBytes(length).toString('base64url'))
  return [signJws(header, '', () => Buffer.alloc(0)).header, ...rest].join('.')
}

/** The last character of a base64url text has bits that mean nothing: the same bytes, another text. */
function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(text.slice(-1))
  return text.length % 4 === 0 ? text : text.slice(0, -1) + alphabet.charAt(last + 1)
}
