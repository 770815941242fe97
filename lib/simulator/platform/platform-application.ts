import type { JsonWebKey } from '../../keys/json-web-key.js'
import type { JWK } from 'jose'

/**
 * An application to register with the simulated API platform.
 */
export interface PlatformApplicationOptions {
  /** Its API key. @default one made up for this run */
  apiKey?: string
  /** Its API secret, for refreshing. @default one made up for this run */
  apiSecret?: string
  /** Where its public keys are, believed for an hour. @default the simulator knows the key it has made */
  jwksUri?: string
  /** Whether a public key is registered at all. @default true */
  hasPublicKey?: boolean
  /** The issuer whose ID tokens this environment of the platform takes. @default the simulator's own */
  trustedIssuer?: string
  /** The authentication level below which none of its scopes is left. @default 3 */
  minimumAuthenticationLevel?: 1 | 2 | 3
}

/**
 * What an application needs: `exchangeIdToken(req, { ...application })`. The key is made for this run.
 */
export interface PlatformApplicationCredentials {
  tokenUrl: string
  apiKey: string
  apiSecret: string
  signingKey: JsonWebKey & Record<string, unknown> & { kid: string; alg: string }
}

/** A registered application, with its defaults filled in. */
export interface PlatformApplication {
  readonly apiKey: string
  readonly apiSecret: string
  readonly jwksUri?: string
  readonly publicKeys: readonly JWK[]
  readonly trustedIssuer: string
  readonly minimumAuthenticationLevel: number
}
