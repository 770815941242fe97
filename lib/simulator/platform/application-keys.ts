import type { JWK } from 'jose'
import { fetchKeySet } from '../token/fetch-key-set.js'
import type { PlatformApplication } from './platform-application.js'
import { PlatformRefusal } from './platform-refusal.js'

const hour = 60 * 60 * 1000

/** The applications' public keys, believed for an hour whatever has changed since, as the platform does. */
export interface ApplicationKeys {
  find(application: PlatformApplication): Promise<readonly JWK[]>
}

export function createApplicationKeys(closed: AbortSignal): ApplicationKeys {
  const copies = new Map<string, { keys: readonly JWK[]; until: number }>()
  return {
    async find({ jwksUri, publicKeys }) {
      if (jwksUri === undefined) return publicKeys
      const copy = copies.get(jwksUri)
      if (copy && copy.until > Date.now()) return copy.keys
      const fetched = await fetchKeySet(jwksUri, closed)
      if ('problem' in fetched) {
        const description = "The JWKS endpoint, for your client_assertion can't be reached"
        throw new PlatformRefusal(403, 'public_key error', description, fetched.problem)
      }
      copies.set(jwksUri, { keys: fetched.keys, until: Date.now() + hour })
      return fetched.keys
    },
  }
}
