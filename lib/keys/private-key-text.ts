import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { JsonWebKey } from './json-web-key.js'
import { KeyProblem } from './key-problem.js'

const encrypted =
  'is encrypted with a passphrase: decrypt it (`openssl pkey`), or give a KeyObject made with `createPrivateKey({ key, passphrase })`'
const privateBlock = /-----BEGIN (?:(?:RSA|EC) )?PRIVATE KEY-----/

// What people paste by mistake, with what to do about it.
const mistaken: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (RSA )?PUBLIC KEY-----/, 'is a public key: the private key is needed'],
  [/-----BEGIN (TRUSTED )?CERTIFICATE-----/, 'is a certificate: the private key is needed'],
  [/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/, 'is a certificate request: the private key is needed'],
  [/-----BEGIN OPENSSH PRIVATE KEY-----/, 'is an OpenSSH key: convert a copy with `ssh-keygen -p -m PKCS8`'],
  [/-----BEGIN ENCRYPTED PRIVATE KEY-----/, encrypted],
]

/**
 * Reads a private key from text, in the shapes that environment variables and secret stores leave it in: PEM (PKCS#8,
 * PKCS#1, SEC1), with literal `\n`, quotes, CRLF or spaces for line breaks, base64 of PEM, or a JWK as JSON.
 *
 * @throws {KeyProblem}
 */
export function readPrivateKeyText(text: string): KeyObject | JsonWebKey {
  const pem = unwrapped(text)
  if (pem === '') throw new KeyProblem('is empty')
  if (pem.startsWith('{')) return parseJwkText(pem)
  if (/Proc-Type: 4,ENCRYPTED/.test(pem)) throw new KeyProblem(encrypted)
  // A bundle may hold the certificate as well.
  if (!privateBlock.test(pem))
    for (const [pattern, problem] of mistaken) if (pattern.test(pem)) throw new KeyProblem(problem)
  if (!pem.includes('-----BEGIN'))
    throw new KeyProblem('is neither PEM ("-----BEGIN PRIVATE KEY-----") nor a JWK; is it a file name?')
  try {
    return createPrivateKey(rewrapped(pem))
  } catch {
    throw new KeyProblem('is PEM that cannot be read: is it cut short, or are its line breaks lost?')
  }
}

function unwrapped(text: string): string {
  const plain = text
    .trim()
    .replace(/^(["'])([\s\S]*)\1$/, '$2')
    .replaceAll(/\\+r/g, '\r')
    .replaceAll(/\\+n/g, '\n')
    .trim()
  const isBase64 = /^[\sA-Za-z0-9+/_-]+=*$/.test(plain)
  const decoded = isBase64 ? Buffer.from(plain, 'base64').toString('utf8').trim() : ''
  return decoded.startsWith('-----BEGIN') || decoded.startsWith('{') ? decoded : plain
}

/** The key's block alone, its lines as PEM wants them: shells turn line breaks into spaces, YAML indents them. */
function rewrapped(pem: string): string {
  const [, type, body] =
    /-----BEGIN ([A-Z ]+)-----([\sA-Za-z0-9+/=]+)-----END \1-----/.exec(keyBlockOf(pem)) ?? []
  if (type === undefined || body === undefined) return pem
  const lines = body.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`].join('\n')
}

function keyBlockOf(pem: string): string {
  return pem.slice(pem.search(privateBlock))
}

function parseJwkText(text: string): JsonWebKey {
  try {
    return JSON.parse(text) as JsonWebKey
  } catch {
    throw new KeyProblem('looks like a JWK and is not valid JSON')
  }
}
