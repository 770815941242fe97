import { ExpiringMap } from '../expiring-map.js'
import type { PlatformApplication } from './platform-application.js'
import { createApplicationKeys, type ApplicationKeys } from './application-keys.js'

/** Where the platform answers, on the simulator's own address. */
export const platformPaths = { token: '/oauth2/token', api: '/user-restricted/whoami' } as const

/** Whom a token of the platform is about, and what it is good for. */
export interface PlatformGrant {
  readonly application: PlatformApplication
  readonly sub: string
  readonly selectedRoleId: string
  /** Epoch milliseconds; refreshing does not move it. */
  readonly refreshableUntil: number
  readonly refreshCount: number
  /** Set once its refresh token has been used. */
  isUsed?: true
}

/** Everything that the simulated API platform remembers. */
export interface PlatformState {
  readonly tokenUrl: string
  readonly applications: Map<string, PlatformApplication>
  readonly keys: ApplicationKeys
  /** Ids of the assertions that have been used, by application. */
  readonly assertionIds: ExpiringMap<true>
  readonly accessTokens: ExpiringMap<PlatformGrant>
  readonly refreshTokens: ExpiringMap<PlatformGrant>
}

export function createPlatformState(url: string, closed: AbortSignal): PlatformState {
  return {
    tokenUrl: url + platformPaths.token,
    applications: new Map(),
    keys: createApplicationKeys(closed),
    assertionIds: new ExpiringMap(),
    accessTokens: new ExpiringMap(),
    refreshTokens: new ExpiringMap(),
  }
}
