import { verify } from 'node:crypto'
import { algorithmFacts, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import { quoteUntrusted } from '../untrusted-text.js'
import type { ProviderKey } from './provider-keys.js'

const longestToken = 64 * 1024
const longestKid = 1024
// More than CIS2 has keys for signing; a forged token must not cost much.
const mostTries = 20

/** Where the keys that may have signed a token come from. */
export interface KeySource {
  find(kid: string | undefined, signal: AbortSignal): Promise<readonly ProviderKey[]>
  /** From a new copy; nothing when none may be had now. */
  findAfresh(kid: string | undefined, signal: AbortSignal): Promise<readonly ProviderKey[] | undefined>
}

/** What is wrong with a signed token. Whose token it is, and so which error, is the caller's to say. */
export class TokenProblem extends Error {
  override readonly name = 'TokenProblem'
  readonly kind: 'malformed' | 'encrypted' | 'algorithm' | 'key' | 'signature'

  constructor(kind: TokenProblem['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** A token's header and claims. Before the signature is checked they are only what somebody wrote. */
export interface SignedToken {
  readonly compact: string
  readonly kid: string | undefined
  readonly typ: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Takes a compact JWS (RFC 7515) apart, in one spelling only: other base64url spellings of the same bytes are refused,
 * so that nothing behind this has to think about them.
 *
 * @throws {TokenProblem} malformed, encrypted, algorithm
 */
export function parseSignedToken(token: string, algorithm: SigningAlgorithm): SignedToken {
  if (token.length > longestToken) throw malformed('is longer than 64 KiB')
  const parts = token.split('.')
  if (parts.length === 5) throw new TokenProblem('encrypted', 'the token is encrypted')
  const [head = '', payload = ''] = parts
  if (parts.length !== 3 || !parts.every(isCanonical)) throw malformed('is not three base64url parts')
  const header = parseJsonObject(head)
  const claims = parseJsonObject(payload)
  if (!header || !claims) throw malformed('does not hold JSON objects')
  const { alg, kid, typ, crit, b64 } = header
  if (alg !== algorithm)
    throw new TokenProblem('algorithm', `the header says ${quoteUntrusted(alg)}, expected ${algorithm}`)
  if (crit !== undefined || b64 !== undefined) throw malformed('demands a header extension')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > longestKid))
    throw malformed('has a kid that is not a short text')
  if (typ !== undefined && typeof typ !== 'string') throw malformed('has a typ that is not text')
  return { compact: token, kid, typ, claims }
}

/**
 * Verifies with CIS2's keys, and only with the pinned algorithm. Keys named by the token itself (`jwk`, `x5c`, `jku`)
 * are never looked at.
 *
 * @throws {TokenProblem} key, signature
 * @throws {ProviderError} when CIS2's keys cannot be had
 */
export async function verifySignature(
  token: SignedToken,
  keys: KeySource,
  settings: { algorithm: SigningAlgorithm; signal: AbortSignal },
): Promise<void> {
  const candidates = await keys.find(token.kid, settings.signal)
  if (candidates.length === 0)
    throw new TokenProblem(
      'key',
      token.kid === undefined
        ? "the token names no kid, and no key of CIS2's can be tried"
        : `no key of CIS2's has the kid ${quoteUntrusted(token.kid)}`,
    )
  if (isSignedByOne(token.compact, candidates, settings.algorithm)) return
  // The same kid with a new key: one look at a fresh copy tells a rotation from a forgery.
  const fresh = await keys.findAfresh(token.kid, settings.signal)
  if (fresh !== undefined && isSignedByOne(token.compact, fresh, settings.algorithm)) return
  throw new TokenProblem('signature', "the signature is not by any key of CIS2's with this kid")
}

// Node's own verification: jose would hand each token to another thread, for four times the price. What jose looks at
// besides, the header, is settled by parseSignedToken.
function isSignedByOne(compact: string, keys: readonly ProviderKey[], algorithm: SigningAlgorithm): boolean {
  const { hash, options } = algorithmFacts(algorithm)
  const end = compact.lastIndexOf('.')
  const signed = Buffer.from(compact.slice(0, end))
  const signature = Buffer.from(compact.slice(end + 1), 'base64url')
  return keys.slice(0, mostTries).some(({ key }) => verify(hash, signed, { key, ...options }, signature))
}

function malformed(what: string): TokenProblem {
  return new TokenProblem('malformed', `the token ${what}`)
}

function isCanonical(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseJsonObject(part: string): SignedToken['claims'] | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(part, 'base64url')))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as SignedToken['claims'])
      : undefined
  } catch {
    return undefined
  }
}
