import type { webcrypto } from 'node:crypto'

/**
 * A key as JSON (RFC 7517). `node:crypto` has a name of its own for it in the typings of some versions of Node and not
 * of others; this one is in all.
 */
export type JsonWebKey = webcrypto.JsonWebKey & { kid?: string }
