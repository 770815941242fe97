import type { JWK } from 'jose'
import type { RegisteredClient } from '../simulator-client.js'
import { fetchKeySet } from './fetch-key-set.js'
import { TokenRefusal } from './token-refusal.js'

/** How long to believe a copy of a client's keys; `undefined` is the simulator's usual way. */
export type CacheMode = 'as-cis2' | 'one-hour' | 'none' | undefined

/** A client's published keys. */
export interface ClientKeySet {
  readonly keys: readonly JWK[]
  /** For the developer: where these came from, and how old they are. */
  readonly origin: string
}

/** The clients' published keys, kept for an hour as CIS2's product does. */
export interface ClientKeys {
  /** The set in which `kid` is to be found; fetched again where the copy at hand lacks it. */
  find(client: RegisteredClient, redirectUri: string, kid: string, mode: CacheMode): Promise<ClientKeySet>
  forget(): void
}

interface Copy {
  readonly keys: readonly JWK[]
  readonly fetchedAt: number
}

const hour = 60 * 60 * 1000
const minute = 60 * 1000

/** How long after a fetch an unknown `kid` is not looked for again. */
function pauseOf(mode: CacheMode): number {
  if (mode === 'one-hour') return hour
  return mode === 'as-cis2' ? minute : 0
}

export function createClientKeys(closed: AbortSignal): ClientKeys {
  const copies = new Map<string, Copy>()

  async function load(client: RegisteredClient, uri: string): Promise<Copy> {
    const { jwks: known, isJwksUriRegistered } = client
    const fetched = await fetchKeySet(uri, closed)
    if ('problem' in fetched) {
      // A program under test may not listen where its redirect URI points, or have its key set at a path of its own.
      const isElsewhere = fetched.isAbsent === 'host' || (fetched.isAbsent === 'page' && !isJwksUriRegistered)
      if (isElsewhere && known) return { keys: known.keys, fetchedAt: Date.now() }
      const description = 'Unable to load JWKs from registered jwks_uri.'
      throw new TokenRefusal('server_error', description, fetched.problem, 500)
    }
    const copy = { keys: fetched.keys, fetchedAt: Date.now() }
    copies.set(uri, copy)
    return copy
  }

  return {
    async find(client, redirectUri, kid, mode) {
      const uri = client.jwksUri(redirectUri)
      const copy = copies.get(uri)
      const isFresh = copy && mode !== 'none' && Date.now() - copy.fetchedAt < hour
      const isKnown = copy?.keys.some((key) => key.kid === kid)
      const mayAskAgain = !copy || Date.now() - copy.fetchedAt >= pauseOf(mode)
      const { keys, fetchedAt } = isFresh && (isKnown || !mayAskAgain) ? copy : await load(client, uri)
      const seconds = Math.round((Date.now() - fetchedAt) / 1000)
      return { keys, origin: `${uri}, fetched ${seconds} seconds ago` }
    },
    forget: () => copies.clear(),
  }
}
