import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JsonWebKey } from '../keys/json-web-key.js'
import type { PublishedKey } from './evidence.js'

/** A published JWK → the key; nothing when it cannot be read. */
export function parsePublicKey(jwk: PublishedKey): KeyObject | undefined {
  try {
    // What its members hold, Node finds out.
    return createPublicKey({ key: { ...(jwk as JsonWebKey) }, format: 'jwk' })
  } catch {
    return undefined
  }
}
