import type { LoginAttempts } from './attempt/login-attempts.js'
import type { LoginsInFlight } from './attempt/logins-in-flight.js'
import type { Config } from './config/config.js'
import type { Cis2EventEmitter } from './events.js'
import type { FailureFindings } from './failure-findings.js'
import type { KeySet } from './keys/key-set.js'
import type { PeopleCache } from './session/people-cache.js'
import type { SessionStores } from './session/session-stores.js'
import type { Provider } from './provider/provider.js'

/** What one `createCis2` call is made of; every route gets it, and nothing is shared between two of them. */
export interface Wiring {
  readonly config: Config
  readonly events: Cis2EventEmitter
  readonly provider: Provider
  readonly attempts: LoginAttempts
  readonly inFlight: LoginsInFlight
  /** The keys in use now; `setKeys` replaces them. */
  readonly currentKeys: () => KeySet
  /** Why logins fail. */
  readonly failures: FailureFindings
  readonly people: PeopleCache
  readonly sessions: SessionStores
}

const wirings = new WeakMap<object, Wiring>()

/** Remembers what an instance is made of, for entries of this package that build on the instance. */
export function keepWiring<Instance extends object>(instance: Instance, wiring: Wiring): Instance {
  wirings.set(instance, wiring)
  return instance
}

/** What an instance of `createCis2` is made of; of anything else nothing is known. */
export function wiringOf(instance: object): Wiring | undefined {
  return wirings.get(instance)
}
