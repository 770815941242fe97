import { createPublicKey, hash, type JsonWebKey } from 'node:crypto'
import { KeyProblem } from './key-problem.js'
import { buildPublicJwk, type PublicJwk } from './public-jwk.js'
import { isSigningAlgorithm, checkKeyFits, type SigningAlgorithm } from './signing-algorithm.js'
import { parseSigningKey, type SigningKey, type SigningKeyInput } from './signing-key.js'

/** Where a key is in its life: published but not yet signing, signing, or published only for the sake of caches. */
export type KeyStatus = 'next' | 'active' | 'retired'

/** A private JWK, with a member of this library's own that is never published. */
export type PrivateJwk = JsonWebKey & {
  kid?: string
  alg?: string
  use?: string
  /** @default none: the first key without one signs, unless another is `active` */
  status?: KeyStatus
}

/** A private JWK set. The first key that is `active`, or else has no `status`, signs; every key is published. */
export interface PrivateJwks {
  keys: PrivateJwk[]
}

/** A public JWK set, as served (RFC 7517, section 5). */
export interface PublicJwks {
  readonly keys: readonly PublicJwk[]
}

/** The keys in use: one signs, all are published. */
export interface KeySet {
  readonly signingKey: SigningKey
  readonly publicJwks: PublicJwks
  /** The published set, serialised once. */
  readonly body: string
  /** Its strong entity tag. */
  readonly etag: string
}

/** Hears of one problem: which option, and what is wrong with it. */
export type ReportKeyProblem = (option: string, message: string) => void

/** Parses the key options; problems go to `report`, and the result is then undefined. */
export function parseKeySet(
  input: { jwks?: unknown; signingKey?: SigningKeyInput | undefined },
  defaultAlgorithm: SigningAlgorithm,
  report: ReportKeyProblem,
): KeySet | undefined {
  if (input.jwks !== undefined) return parseJwks(input.jwks, defaultAlgorithm, report)
  const signingKey = attempt('signingKey', report, () =>
    parseSigningKey(input.signingKey ?? '', defaultAlgorithm),
  )
  return signingKey && buildKeySet(signingKey, [signingKey.publicJwk])
}

function parseJwks(jwks: unknown, algorithm: SigningAlgorithm, report: ReportKeyProblem): KeySet | undefined {
  if (typeof jwks !== 'object' || jwks === null || !('keys' in jwks) || !Array.isArray(jwks.keys)) {
    const hint = Array.isArray(jwks)
      ? 'a bare array'
      : typeof jwks === 'string'
        ? 'text (parse the JSON first)'
        : 'something else'
    report('jwks', `must be a JWK set, an object with a "keys" array; found ${hint}`)
    return undefined
  }
  if (jwks.keys.length === 0) {
    report('jwks', 'has no keys: a private key is needed to sign with')
    return undefined
  }
  let failed = false
  const reportKey: ReportKeyProblem = (option, message) => {
    failed = true
    report(option, message)
  }
  const keys = jwks.keys.map((jwk: unknown, index) =>
    parseMember(jwk, `jwks.keys[${index}]`, algorithm, reportKey),
  )
  reportDuplicates(
    keys.flatMap((key) => key?.publicJwk.kid ?? []),
    reportKey,
  )
  if (failed) return undefined
  const signingKey = chooseSigningKey(keys.flatMap((key) => key ?? []))
  if (signingKey)
    return buildKeySet(
      signingKey,
      keys.flatMap((key) => key?.publicJwk ?? []),
    )
  report('jwks', 'has no private key that may sign: every key is public-only, "next" or "retired"')
  return undefined
}

interface Member {
  readonly publicJwk: PublicJwk
  readonly signingKey?: SigningKey
  readonly status?: KeyStatus
}

function parseMember(
  jwk: unknown,
  option: string,
  algorithm: SigningAlgorithm,
  report: ReportKeyProblem,
): Member | undefined {
  return attempt(option, report, () => {
    if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
      throw new KeyProblem('is not a JWK (an object)')
    // The shape of a JWK is checked member by member by the parsers below.
    const key = jwk as PrivateJwk
    if (key.publishedAt !== undefined) {
      throw new KeyProblem(
        'has "publishedAt": signing only with keys of a certain age is not available yet; use "status"',
      )
    }
    if (key.status !== undefined && !['next', 'active', 'retired'].includes(key.status)) {
      throw new KeyProblem('has a "status" that is not next, active or retired')
    }
    const status = key.status === undefined ? {} : { status: key.status }
    if (key.d === undefined && key.kty !== 'oct')
      return { publicJwk: parsePublicOnly(key, algorithm), ...status }
    const signingKey = parseSigningKey(key, algorithm)
    return { publicJwk: signingKey.publicJwk, signingKey, ...status }
  })
}

function parsePublicOnly(jwk: PrivateJwk, defaultAlgorithm: SigningAlgorithm): PublicJwk {
  if (jwk.use !== undefined && jwk.use !== 'sig')
    throw new KeyProblem('is marked for encryption ("use" is not "sig")')
  const algorithm = jwk.alg ?? defaultAlgorithm
  if (!isSigningAlgorithm(algorithm))
    throw new KeyProblem('has an "alg" that is not an asymmetric signing algorithm')
  let key
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new KeyProblem('is a public JWK that cannot be read')
  }
  const misfit = checkKeyFits(key, algorithm)
  if (misfit !== undefined) throw new KeyProblem(misfit)
  return buildPublicJwk(key, { kid: jwk.kid, algorithm })
}

function reportDuplicates(kids: readonly string[], report: ReportKeyProblem): void {
  const repeated = new Set(kids.filter((kid, index) => kids.indexOf(kid) !== index))
  for (const kid of repeated)
    report('jwks', `has the "kid" ${JSON.stringify(kid)} more than once: CIS2 could check with the wrong key`)
}

function chooseSigningKey(members: readonly Member[]): SigningKey | undefined {
  const active = members.find((member) => member.signingKey && member.status === 'active')
  const unmarked = members.find((member) => member.signingKey && member.status === undefined)
  return (active ?? unmarked)?.signingKey
}

function buildKeySet(signingKey: SigningKey, keys: readonly PublicJwk[]): KeySet {
  const publicJwks: PublicJwks = Object.freeze({ keys: Object.freeze([...keys]) })
  const body = JSON.stringify(publicJwks)
  return { signingKey, publicJwks, body, etag: `"${hash('sha256', body, 'base64url')}"` }
}

function attempt<T>(option: string, report: ReportKeyProblem, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    report(option, error.message)
    return undefined
  }
}
