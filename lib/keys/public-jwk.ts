import { hash, type KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from './signing-algorithm.js'

/** A public signing key as published: public members only (RFC 7517, section 4). */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC'
  readonly kid: string
  readonly use: 'sig'
  readonly alg: string
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
}

/** Builds the published form from the key itself, so that no private member can slip through. */
export function buildPublicJwk(
  key: KeyObject,
  names: { kid: string | undefined; algorithm: SigningAlgorithm },
): PublicJwk {
  const { kty, n, e, crv, x, y } = key.export({ format: 'jwk' })
  const members =
    kty === 'RSA'
      ? { kty: 'RSA' as const, n: n ?? '', e: e ?? '' }
      : { kty: 'EC' as const, crv: crv ?? '', x: x ?? '', y: y ?? '' }
  return Object.freeze({
    ...members,
    kid: names.kid ?? thumbprint(members),
    use: 'sig',
    alg: names.algorithm,
  })
}

/** The JWK thumbprint (RFC 7638): SHA-256 over the required members in alphabetical order. */
function thumbprint(members: Record<string, string>): string {
  const required = Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
  return hash('sha256', JSON.stringify(required), 'base64url')
}
