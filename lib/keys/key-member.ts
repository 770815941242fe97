import { createPublicKey } from 'node:crypto'
import { checkUse, parseAlg, parseKid } from './jwk-members.js'
import { KeyProblem } from './key-problem.js'
import type { KeyStatus, PrivateJwk, RemoteKey } from './private-jwk.js'
import { buildPublicJwk, type PublicJwk } from './public-jwk.js'
import { parsePublishedAt } from './published-at.js'
import { isRemoteSigner } from './remote-signer.js'
import { checkKeyFits, type SigningAlgorithm } from './signing-algorithm.js'
import { parseSigningKey, type SigningKey } from './signing-key.js'

/** A key of a set that has been found good. */
export interface KeyMember {
  readonly publicJwk: PublicJwk
  /** Absent for public-only keys. */
  readonly signingKey?: SigningKey
  readonly status?: KeyStatus
  /** Milliseconds since the epoch. */
  readonly publishedAt?: number
}

/** @throws {KeyProblem} */
export function parseMember(jwk: unknown, algorithm: SigningAlgorithm): KeyMember {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw new KeyProblem('is not a JWK (an object)')
  // The shape of a JWK is checked member by member by the parsers below.
  const key = jwk as PrivateJwk | RemoteKey
  const { status, publishedAt } = key
  if (status !== undefined && !['next', 'active', 'retired'].includes(status))
    throw new KeyProblem('has a "status" that is not next, active or retired')
  const life = {
    ...(status === undefined ? {} : { status }),
    ...(publishedAt === undefined ? {} : { publishedAt: parsePublishedAt(publishedAt) }),
  }
  if (!isRemoteSigner(key) && key.d === undefined && key.kty !== 'oct') {
    if (status === 'active')
      throw new KeyProblem('is "active" and public-only: without its private members it cannot sign')
    return { publicJwk: parsePublicOnly(key, algorithm), ...life }
  }
  const signingKey = parseSigningKey(key, algorithm)
  return { publicJwk: signingKey.publicJwk, signingKey, ...life }
}

function parsePublicOnly(jwk: PrivateJwk, defaultAlgorithm: SigningAlgorithm): PublicJwk {
  checkUse(jwk.use)
  const algorithm = parseAlg(jwk.alg, defaultAlgorithm)
  let key
  try {
    key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    throw new KeyProblem('is a public JWK that cannot be read')
  }
  const misfit = checkKeyFits(key, algorithm)
  if (misfit !== undefined) throw new KeyProblem(misfit)
  return buildPublicJwk(key, { kid: parseKid(jwk.kid), algorithm })
}
