import { EventEmitter } from 'node:events'
import type { Cis2ErrorCode } from './error-codes.js'

/** What every event carries. */
export interface Cis2Event {
  /** When, as ISO 8601 in UTC. */
  time: string
  /** The same reference as on the person's page and on the error. */
  reference: string
  /** The route of this library, or the path of the guarded route. */
  route: string
  outcome: 'success' | 'failure'
  /** The error's code; only where something was refused. */
  reason?: Cis2ErrorCode
  /** SHA-256 of the session id, base64url: tells sessions apart without being one. */
  sessionHash?: string
  /** The person's national identifier, where a person is known. */
  sub?: string
}

/** A login that succeeded: how strongly. */
export interface LoginSucceededEvent extends Cis2Event {
  acr?: string
  identityAssuranceLevel: number
  authenticationAssuranceLevel: number
}

/** CIS2 refused the client assertion. */
export interface ClientRefusedEvent extends Cis2Event {
  kid: string
  algorithm: string
}

/** CIS2 ended sessions. */
export interface BackChannelLogoutEvent extends Cis2Event {
  /** How many sessions it found; none is no failure. */
  sessionsEnded: number
}

/** A logout token was refused. */
export interface BackChannelRefusedEvent extends Cis2Event {
  message: string
}

/** CIS2 could not be used. */
export interface ProviderUnavailableEvent extends Cis2Event {
  message: string
}

/** A setting that is legal and unwise. */
export interface ConfigurationWarningEvent extends Cis2Event {
  option: string
  message: string
}

/** Event names and what each carries. */
export interface Cis2Events {
  'login.started': Cis2Event
  'login.succeeded': LoginSucceededEvent
  'login.failed': Cis2Event
  'logout.succeeded': Cis2Event
  'logout.failed': Cis2Event
  'session.expired': Cis2Event
  'access.denied': Cis2Event
  'user.switched': Cis2Event
  'back_channel_logout.received': BackChannelLogoutEvent
  'back_channel_logout.refused': BackChannelRefusedEvent
  'client_authentication.refused': ClientRefusedEvent
  'provider.unavailable': ProviderUnavailableEvent
  'keys.rotated': Cis2Event
  'configuration.warning': ConfigurationWarningEvent
}

/** The name of an event. */
export type Cis2EventName = keyof Cis2Events

type Listener<Name extends Cis2EventName> = (event: Cis2Events[Name]) => unknown
type WithoutTime<Event extends Cis2Event> = Omit<Event, 'time'>

/** The audit stream as an application has it: it listens, and only this library raises. */
export interface Cis2EventStream {
  /** Calls `listener` on every event of this name; the first for `configuration.warning` also hears those of the start. */
  on<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this
  /** Calls `listener` on the next event of this name only; other warnings of the start wait for the next listener. */
  once<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this
  /** Stops calling `listener`. */
  off<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this
}

// Where nobody ever listens, each discovery could add one.
const mostWarningsKept = 50

/**
 * The audit stream. Listeners run one after the other while the request is answered; one that throws or rejects
 * changes nothing for the person, and is not heard of: report your own failures yourself.
 */
export class Cis2EventEmitter implements Cis2EventStream {
  // No limit of listeners: Node would print a warning, and this library prints nothing.
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #warnings: readonly WithoutTime<ConfigurationWarningEvent>[] = []

  on<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this {
    this.#emitter.on(name, listener)
    this.#raiseWarnings()
    return this
  }

  once<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this {
    this.#emitter.once(name, listener)
    this.#raiseWarnings()
    return this
  }

  off<Name extends Cis2EventName>(name: Name, listener: Listener<Name>): this {
    this.#emitter.off(name, listener)
    return this
  }

  /** Raises warnings as soon as somebody listens. */
  warn(warnings: readonly WithoutTime<ConfigurationWarningEvent>[]): void {
    this.#warnings = [...this.#warnings, ...warnings].slice(-mostWarningsKept)
    this.#raiseWarnings()
  }

  // One by one: a once() listener hears the first, and the others wait for the next listener.
  #raiseWarnings(): void {
    while (this.#emitter.listenerCount('configuration.warning') > 0) {
      const [warning, ...others] = this.#warnings
      if (warning === undefined) return
      this.#warnings = others
      this.emit('configuration.warning', warning)
    }
  }

  /** Raises an event. */
  emit<Name extends Cis2EventName>(name: Name, event: WithoutTime<Cis2Events[Name]>): void {
    if (this.#emitter.listenerCount(name) === 0) return
    const stamped = Object.freeze({ time: new Date(Date.now()).toISOString(), ...event })
    // rawListeners keeps the wrapper of once(), so that it removes itself; emit() would stop at the first that throws.
    for (const listener of this.#emitter.rawListeners(name)) {
      try {
        // Whatever can be awaited counts: promises of another realm or library are no instances of our Promise.
        Promise.resolve(Reflect.apply(listener, this, [stamped])).catch(() => undefined)
      } catch {
        // An audit listener's failure is the application's to report; the login goes on.
      }
    }
  }
}
