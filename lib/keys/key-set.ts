import { hash } from 'node:crypto'
import { chooseSigningKey, isSigner, signsFrom, type Moment, type Signer } from './choose-signing-key.js'
import { parseMember, type KeyMember } from './key-member.js'
import { toKeyProblem } from './key-problem.js'
import type { PublicJwk } from './public-jwk.js'
import type { SigningAlgorithm } from './signing-algorithm.js'
import { parseSigningKey, type SigningKey, type SigningKeyInput } from './signing-key.js'

/** A public JWK set, as served (RFC 7517, section 5). */
export interface PublicJwks {
  readonly keys: readonly PublicJwk[]
}

/** A key that is published and does not sign yet. */
export interface WaitingKey {
  readonly kid: string
  /** When it will sign by itself, as ISO 8601; absent when it takes somebody to say so. */
  readonly signsFrom?: string
}

/** Keys that belong together: one signs, all are published. */
export interface KeySet {
  /** The key that signs at this moment: a set whose keys have dates changes its mind as time passes. */
  readonly signingKey: SigningKey
  /** The keys that wait for their time, at this moment. */
  readonly waiting: readonly WaitingKey[]
  readonly members: readonly KeyMember[]
  readonly minimumPublishedHours: number
  readonly publicJwks: PublicJwks
  /** The published set, serialised once. */
  readonly body: string
  /** Its strong entity tag. */
  readonly etag: string
}

/** Hears of one problem: which option, and what is wrong with it. */
export type ReportKeyProblem = (option: string, message: string) => void

/** How long a key is published before it signs by itself, unless an option says otherwise. */
export const usualMinimumPublishedHours = 24

/** Parses the key options; problems go to `report`, and the result is then undefined. */
export function parseKeySet(
  input: { jwks?: unknown; signingKey?: SigningKeyInput | undefined },
  defaultAlgorithm: SigningAlgorithm,
  report: ReportKeyProblem,
  minimumPublishedHours = usualMinimumPublishedHours,
): KeySet | undefined {
  const members =
    input.jwks === undefined
      ? parseSingleKey(input.signingKey, defaultAlgorithm, report)
      : parseJwks(input.jwks, defaultAlgorithm, report)
  if (members === undefined) return undefined
  const first = chooseSigningKey(members, momentNow(minimumPublishedHours))
  if (first) return buildKeySet(members, first, minimumPublishedHours)
  report('jwks', `has no private key that may sign: ${describeIdle(members, minimumPublishedHours)}`)
  return undefined
}

function parseSingleKey(
  signingKey: SigningKeyInput | undefined,
  algorithm: SigningAlgorithm,
  report: ReportKeyProblem,
): readonly KeyMember[] | undefined {
  const parsed = attempt('signingKey', report, () => parseSigningKey(signingKey ?? '', algorithm))
  return parsed && [{ publicJwk: parsed.publicJwk, signingKey: parsed }]
}

function parseJwks(
  jwks: unknown,
  algorithm: SigningAlgorithm,
  report: ReportKeyProblem,
): readonly KeyMember[] | undefined {
  const keys = attempt('jwks', report, () => keysOf(jwks))
  if (keys === undefined) return undefined
  if (keys === null) {
    const hint = Array.isArray(jwks)
      ? 'a bare array'
      : typeof jwks === 'string'
        ? 'text (parse the JSON first)'
        : 'something else'
    report('jwks', `must be a JWK set, an object with a "keys" array; found ${hint}`)
    return undefined
  }
  if (keys.length === 0) {
    report('jwks', 'has no keys: a private key is needed to sign with')
    return undefined
  }
  let failed = false
  const reportKey: ReportKeyProblem = (option, message) => {
    failed = true
    report(option, message)
  }
  const members = keys.flatMap(
    (jwk: unknown, index) =>
      attempt(`jwks.keys[${index}]`, reportKey, () => parseMember(jwk, algorithm)) ?? [],
  )
  reportDuplicates(
    members.map(({ publicJwk }) => publicJwk.kid),
    reportKey,
  )
  return failed ? undefined : members
}

/** The keys of a set; `null` when it is none. */
function keysOf(jwks: unknown): readonly unknown[] | null {
  const keys: unknown = typeof jwks === 'object' && jwks !== null ? Reflect.get(jwks, 'keys') : undefined
  // Holes count as keys that are missing, and not as nothing.
  return Array.isArray(keys) ? Array.from<unknown>(keys) : null
}

function reportDuplicates(kids: readonly string[], report: ReportKeyProblem): void {
  const repeated = new Set(kids.filter((kid, index) => kids.indexOf(kid) !== index))
  for (const kid of repeated)
    report('jwks', `has the "kid" ${JSON.stringify(kid)} more than once: CIS2 could check with the wrong key`)
}

function describeIdle(members: readonly KeyMember[], minimumPublishedHours: number): string {
  const isWaiting = members.some(({ status, publishedAt }) => status === 'next' && publishedAt !== undefined)
  return isWaiting
    ? `the "next" keys have not been published for ${minimumPublishedHours} hours; mark one "active" to sign with it all the same`
    : 'every key is public-only, "next" or "retired"'
}

function momentNow(minimumPublishedHours: number): Moment {
  return { now: Date.now(), minimumAge: minimumPublishedHours * 60 * 60 * 1000 }
}

function buildKeySet(members: readonly KeyMember[], first: Signer, minimumPublishedHours: number): KeySet {
  const publicJwks: PublicJwks = Object.freeze({
    keys: Object.freeze(members.map(({ publicJwk }) => publicJwk)),
  })
  const body = JSON.stringify(publicJwks)
  // A clock that is set back may leave a set without a key that is old enough: then the first choice stands.
  const choose = (moment: Moment): Signer => chooseSigningKey(members, moment) ?? first
  return Object.freeze({
    get signingKey() {
      return choose(momentNow(minimumPublishedHours)).signingKey
    },
    get waiting() {
      const moment = momentNow(minimumPublishedHours)
      const current = choose(moment)
      return members.filter(isSigner).flatMap((member) => {
        if (member === current) return []
        const { kid } = member.publicJwk
        const at = signsFrom(member, members, moment)
        if (at !== undefined) return { kid, signsFrom: new Date(at).toISOString() }
        return member.status === 'next' ? { kid } : []
      })
    },
    members,
    minimumPublishedHours,
    publicJwks,
    body,
    etag: `"${hash('sha256', body, 'base64url')}"`,
  })
}

function attempt<T>(option: string, report: ReportKeyProblem, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    report(option, toKeyProblem(error).message)
    return undefined
  }
}
