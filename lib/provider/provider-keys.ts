import { KeyObject } from 'node:crypto'
import { importJWK, type JWK } from 'jose'
import { ProviderError } from '../errors.js'
import type { SigningAlgorithm } from '../keys/signing-algorithm.js'
import { fetchDocument } from './fetch-document.js'
import { SharedCopy } from './shared-copy.js'
import type { Transport } from './transport.js'

const codes = { unavailable: 'ERR_CIS2_KEYS_UNAVAILABLE', invalid: 'ERR_CIS2_KEYS_INVALID' } as const
const mostKeys = 100
const freshSeconds = 600
const staleSeconds = 4 * 3600
const unknownKidPauseMs = 30_000

/** A key of CIS2's that may verify with the pinned algorithm. */
export interface ProviderKey {
  readonly kid: string | undefined
  readonly key: KeyObject
}

interface KeysOptions {
  transport: Transport
  jwksUri: string
  algorithm: SigningAlgorithm
  deadlineMs: number
  onFailure: (error: ProviderError) => void
}

/**
 * CIS2's signing keys: kept ten minutes, the last good set for four hours more while no new one can be had. An unknown
 * `kid` fetches at once, then not again for 30 seconds, so that forged tokens cannot make us hammer CIS2.
 */
export class ProviderKeys {
  readonly jwksUri: string
  readonly #copy: SharedCopy<readonly ProviderKey[]>
  /** Milliseconds since the epoch. */
  #unknownKidFetchedAt = -Infinity

  constructor({ transport, jwksUri, algorithm, deadlineMs, onFailure }: KeysOptions) {
    this.jwksUri = jwksUri
    this.#copy = new SharedCopy({
      load: (signal) => fetchKeys(transport, jwksUri, algorithm, signal),
      freshSeconds,
      staleSeconds,
      deadlineMs,
      onFailure,
      lateError: () => new ProviderError('ERR_CIS2_KEYS_UNAVAILABLE', `${jwksUri} did not answer in time`),
    })
  }

  /** The keys that may have signed a token with this `kid`; with no `kid`, every key. */
  async find(kid: string | undefined, signal: AbortSignal): Promise<readonly ProviderKey[]> {
    const found = matching(await this.#copy.get(signal), kid)
    return found.length > 0 ? found : ((await this.findAfresh(kid, signal)) ?? [])
  }

  /**
   * The same from a new copy of the set; nothing if none may be fetched now.
   *
   * @throws {ProviderError} when the last fetch failed: an outage must not look like a forged token
   */
  async findAfresh(
    kid: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly ProviderKey[] | undefined> {
    if (this.#mayNotFetch()) {
      const failure = this.#copy.lastFailure
      if (failure) throw failure
      return undefined
    }
    this.#unknownKidFetchedAt = Date.now()
    try {
      return matching(await this.#copy.reload(signal), kid)
    } catch (error) {
      // A failed fetch has pauses of its own, and the next login may well find the key.
      if (this.#copy.lastFailure) this.#unknownKidFetchedAt = -Infinity
      throw error
    }
  }

  // Everybody may wait for a fetch that is under way: many come at once with the first tokens of a new key.
  #mayNotFetch(): boolean {
    if (this.#copy.isLoading) return false
    // Also when the clock was set back: a rotation must not wait until it has caught up.
    return this.#copy.isPausing || Math.abs(Date.now() - this.#unknownKidFetchedAt) < unknownKidPauseMs
  }
}

function matching(keys: readonly ProviderKey[], kid: string | undefined): readonly ProviderKey[] {
  return kid === undefined ? keys : keys.filter((key) => key.kid === kid)
}

async function fetchKeys(
  transport: Transport,
  url: string,
  algorithm: SigningAlgorithm,
  signal: AbortSignal,
): Promise<readonly ProviderKey[]> {
  const document = await fetchDocument(transport, url, codes, signal)
  const keys: unknown =
    typeof document === 'object' && document !== null && Object.hasOwn(document, 'keys')
      ? Reflect.get(document, 'keys')
      : undefined
  if (!Array.isArray(keys))
    throw new ProviderError(codes.invalid, `${url} is not an object with a "keys" array`)
  if (keys.length > mostKeys) throw new ProviderError(codes.invalid, `${url} has more than ${mostKeys} keys`)
  return await importKeys(keys, algorithm, url)
}

/** Keys of a set that verify with the algorithm; the others are passed over. */
export async function importPublicKeys(
  keys: readonly unknown[],
  algorithm: SigningAlgorithm,
): Promise<readonly ProviderKey[]> {
  const imported = await Promise.all(keys.map((jwk) => importKey(jwk, algorithm)))
  return imported.flatMap((key) => key ?? [])
}

async function importKeys(
  keys: readonly unknown[],
  algorithm: SigningAlgorithm,
  url: string,
): Promise<readonly ProviderKey[]> {
  const usable = await importPublicKeys(keys, algorithm)
  if (usable.length > 0) return usable
  throw new ProviderError(codes.invalid, `${url} has no key that can verify ${algorithm}`)
}

/** One odd key among good ones is passed over: encryption keys and new key types stand in the same set. */
async function importKey(jwk: unknown, algorithm: SigningAlgorithm): Promise<ProviderKey | undefined> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined
  const { kty, kid, use, alg, key_ops: keyOps, n, e } = jwk as JWK
  if (kty !== (algorithm.startsWith('ES') ? 'EC' : 'RSA')) return undefined
  if (kid !== undefined && typeof kid !== 'string') return undefined
  if ((use !== undefined && use !== 'sig') || (alg !== undefined && alg !== algorithm)) return undefined
  if (keyOps !== undefined && !(Array.isArray(keyOps) && keyOps.includes('verify'))) return undefined
  if (kty === 'RSA' && !hasSaneSize(n, e)) return undefined
  try {
    const { crv = '', x = '', y = '' } = jwk as JWK
    // Public members only: whatever else stands in the JWK cannot change how it is imported.
    const key = await importJWK(
      kty === 'RSA' ? { kty, n: n ?? '', e: e ?? '' } : { kty, crv, x, y },
      algorithm,
    )
    return key instanceof Uint8Array ? undefined : { kid, key: KeyObject.from(key) }
  } catch {
    return undefined
  }
}

/** 2048 to 8192 bits and a small exponent: weaker is unsafe, larger makes every forged token expensive. */
function hasSaneSize(n: unknown, e: unknown): boolean {
  if (typeof n !== 'string' || typeof e !== 'string' || e.length > 6) return false
  const modulus = Buffer.from(n, 'base64url')
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  return bits >= 2048 && bits <= 8192
}
