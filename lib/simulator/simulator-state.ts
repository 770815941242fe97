import type { Grant, Login } from './authorize/login.js'
import type { ExpiringMap } from './expiring-map.js'
import type { Faults } from './faults/faults.js'
import type { IssuerAddress } from './issuer-address.js'
import type { ProviderKeys } from './keys/provider-keys.js'
import type { Person } from './people/person.js'
import type { PlatformState } from './platform/platform-state.js'
import type { RecordedRequest, RecordedRequests } from './request-log.js'
import type { RegisteredClient } from './simulator-client.js'
import type { ClientKeys } from './token/client-keys.js'

/** Everything the endpoints share. */
export interface SimulatorState extends IssuerAddress {
  /** An address of the simulator that no careful relying party calls. */
  readonly elsewhere: string
  readonly clients: ReadonlyMap<string, RegisteredClient>
  readonly people: readonly Person[]
  readonly faults: Faults
  readonly keys: ProviderKeys
  readonly clientKeys: ClientKeys
  readonly codes: ExpiringMap<Grant>
  readonly accessTokens: ExpiringMap<Login>
  /** Ids of the assertions that have been used. */
  readonly assertionIds: ExpiringMap<true>
  /** Who logged in, oldest first. */
  readonly logins: Login[]
  readonly platform: PlatformState
  readonly requests: RecordedRequests
  /** Hears of every request when it is over. */
  readonly onRequest?: (request: RecordedRequest) => void
  /** Aborted when the simulator closes. */
  readonly closed: AbortSignal
}
