export { startSimulator } from './start-simulator.js'
export type { Simulator, SimulatorOptions } from './simulator.js'
export type { SimulatorClient } from './simulator-client.js'
export type { ClientCredentials, ClientPrivateJwk } from './client-credentials.js'
export type { Person, PersonClaims } from './people/person.js'
export type { Endpoint, FaultName, FaultValues, Override, Replacement } from './faults/fault-values.js'
export type { FaultOptions } from './faults/faults.js'
export type { RotateKeysOptions } from './keys/provider-keys.js'
export type { LogoutTokenOptions } from './logout/logout-token.js'
export type { LogoutDelivery } from './logout/send-logout-token.js'
export type {
  PlatformApplicationCredentials,
  PlatformApplicationOptions,
} from './platform/platform-application.js'
export type { RecordedRequest, RequestLog, RequestTarget } from './request-log.js'
