import type { JsonWebKey } from './json-web-key.js'
import type { RemoteSigner } from './remote-signer.js'

/** Where a key is in its life: published but not yet signing, signing, or published only for the sake of caches. */
export type KeyStatus = 'next' | 'active' | 'retired'

/** Members of this library's own that steer the life of a key and are never published. */
export interface KeyLifeCycle {
  /** @default none: the key signs when it is the newest that is old enough, or the first of a set without dates */
  status?: KeyStatus
  /**
   * When the key was first published, as ISO 8601 with a time zone. It signs by itself once it has been published for
   * `keys.minimumPublishedHours`.
   *
   * @default unknown
   */
  publishedAt?: string
}

/** A private JWK (RFC 7517, RFC 7518), with its life cycle. A public-only one is published and never signs. */
export type PrivateJwk = JsonWebKey & KeyLifeCycle & { kid?: string; alg?: string; use?: string }

/** A key that stays in its vault, with its life cycle. */
export type RemoteKey = RemoteSigner & KeyLifeCycle

/** A private JWK set: one key signs, every key is published. A key that stays in a vault stands in it as a signer. */
export interface PrivateJwks {
  keys: (PrivateJwk | RemoteKey)[]
}
