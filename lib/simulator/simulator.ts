import type { ClientCredentials } from './client-credentials.js'
import type { FaultOptions } from './faults/faults.js'
import type { FaultName, FaultValues } from './faults/fault-values.js'
import type { RotateKeysOptions } from './keys/provider-keys.js'
import type { LogoutTokenOptions } from './logout/logout-token.js'
import type { LogoutDelivery } from './logout/send-logout-token.js'
import type { Person } from './people/person.js'
import type {
  PlatformApplicationCredentials,
  PlatformApplicationOptions,
} from './platform/platform-application.js'
import type { RecordedRequest, RequestLog } from './request-log.js'
import type { SimulatorClient } from './simulator-client.js'

/**
 * How to start a simulator.
 */
export interface SimulatorOptions {
  /** The port on 127.0.0.1; 0 is any free one. @default 0 */
  port?: number
  /** What it says its issuer is, printed verbatim everywhere. @default CIS2's path on the simulator's own origin */
  issuer?: string
  /** Who may use it. @default one client, `999999999999.apps.national`, with any redirect URI on loopback */
  clients?: readonly SimulatorClient[]
  /** People beside its own; one with the key of another takes that one's place. @default none */
  people?: readonly Person[]
  /** Hears of every request when it is over. @default nothing does */
  onRequest?: (request: RecordedRequest) => void
}

/**
 * A running simulator of CIS2.
 */
export interface Simulator {
  /** The issuer identifier, as printed. */
  readonly issuer: string
  /** Where it really listens: `http://127.0.0.1:4400`. */
  readonly url: string
  /** Who can log in. */
  readonly people: readonly Person[]
  /** What its first client needs: `createCis2({ issuer: simulator.issuer, ...simulator.client, … })`. */
  readonly client: ClientCredentials
  /** The requests it got. */
  readonly requests: RequestLog
  /**
   * Makes it misbehave until the fault is cleared, or for a number of uses.
   *
   * @throws {TypeError} for a name or a value that is not in the table of docs/simulator.md
   */
  setFault<N extends FaultName>(name: N, value?: FaultValues[N], options?: FaultOptions): void
  /** Behaves again: altogether, or in the respects named. */
  clearFaults(...names: FaultName[]): void
  /** Signs with a new key from now on. Resolves with the new key's id. */
  rotateKeys(options?: RotateKeysOptions): Promise<{ kid: string }>
  /** Makes a signed logout token without sending it. */
  createLogoutToken(options?: LogoutTokenOptions): Promise<string>
  /** Sends a logout token to a client. Resolves with what the client answered, whatever that is. */
  sendLogoutToken(options?: LogoutTokenOptions): Promise<LogoutDelivery>
  /** Fetches the clients' keys anew at their next token requests. */
  forgetClientKeys(): void
  /**
   * Registers an application with the simulated API platform, beside CIS2. Resolves with what `exchangeIdToken` needs.
   */
  registerPlatformApplication(options?: PlatformApplicationOptions): Promise<PlatformApplicationCredentials>
  /** Stops listening and cuts every connection. */
  close(): Promise<void>
}
