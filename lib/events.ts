import { EventEmitter } from 'node:events'
import { callListeners } from './call-listeners.js'
import type { Cis2ErrorCode } from './error-codes.js'
import { RefusalSampling } from './refusal-sampling.js'

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
  /** How many of the same name, reason and person were left out before this one, in a flood of refusals. */
  leftOut?: number
}

/** A login that succeeded: how strongly. */
export interface LoginSucceededEvent extends Cis2Event {
  acr?: string
  identityAssuranceLevel: number
  authenticationAssuranceLevel: number
}

/** What a diagnosis found wrong with the set-up: a check of `docs/doctor.md` that failed. */
export interface Finding {
  readonly id: string
  /** The healthy state. */
  readonly title: string
  readonly found?: string
  readonly expected?: string
  /** What to do. */
  readonly fix?: string
}

/** CIS2 refused the client assertion. */
export interface ClientRefusedEvent extends Cis2Event {
  kid: string
  algorithm: string
  /** Why, as far as it can be found out from here; the likeliest first. */
  findings: readonly Finding[]
}

/** A login failed, and the set-up explains it. */
export interface LoginDiagnosedEvent extends Cis2Event {
  findings: readonly Finding[]
}

/** CIS2 ended sessions. */
export interface BackChannelLogoutEvent extends Cis2Event {
  /** How many sessions it found; none is no failure. */
  sessionsEnded: number
  /** Each of them, as `sessionHash` of other events: to close what a session has open, such as a WebSocket. */
  sessionHashes: readonly string[]
}

/** A logout token was refused. */
export interface BackChannelRefusedEvent extends Cis2Event {
  message: string
}

/** CIS2 could not be used. */
export interface ProviderUnavailableEvent extends Cis2Event {
  message: string
}

/** Another key signs from now on. Key ids are public. */
export interface KeysRotatedEvent extends Cis2Event {
  kid: string
  previousKid: string
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
  'login.diagnosed': LoginDiagnosedEvent
  'logout.succeeded': Cis2Event
  'logout.failed': Cis2Event
  'session.expired': Cis2Event
  'access.denied': Cis2Event
  'role.selected': Cis2Event
  'user.switched': Cis2Event
  'back_channel_logout.received': BackChannelLogoutEvent
  'back_channel_logout.refused': BackChannelRefusedEvent
  'client_authentication.refused': ClientRefusedEvent
  'provider.unavailable': ProviderUnavailableEvent
  'platform_token.issued': Cis2Event
  'platform_token.refreshed': Cis2Event
  'platform_token.failed': Cis2Event
  'keys.rotated': KeysRotatedEvent
  'configuration.warning': ConfigurationWarningEvent
}

/** The name of an event. */
export type Cis2EventName = keyof Cis2Events

type Listener<Name extends Cis2EventName> = (event: Cis2Events[Name]) => unknown
type WithoutTime<Event extends Cis2Event> = Omit<Event, 'time' | 'leftOut'>

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
 * changes nothing for the person. The first failure of each event is a warning; report your own failures yourself.
 */
export class Cis2EventEmitter implements Cis2EventStream {
  // No limit of listeners: Node would print a warning, and this library prints nothing.
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #sampling = new RefusalSampling()
  readonly #failed = new Set<Cis2EventName>()
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
    // Who was let in or out is always told.
    const { reason, sub = '' } = event
    const leftOut = reason === undefined ? 0 : this.#sampling.sample(JSON.stringify([name, reason, sub]))
    if (leftOut === undefined) return
    const time = new Date(Date.now()).toISOString()
    const stamped = Object.freeze({ time, ...event, ...(leftOut === 0 ? {} : { leftOut }) })
    // rawListeners keeps the wrapper of once(), so that it removes itself; emit() would stop at the first that throws.
    callListeners(this, this.#emitter.rawListeners(name), stamped, () => this.#tellOfFailure(name, event))
  }

  // Once, and nothing of the error: nobody knows what an application puts into it.
  #tellOfFailure(name: Cis2EventName, { reference, route }: Pick<Cis2Event, 'reference' | 'route'>): void {
    if (name === 'configuration.warning' || this.#failed.has(name)) return
    this.#failed.add(name)
    const message = `a listener of ${name} threw or rejected, and may have lost what it was told; this is said once`
    const warning = {
      outcome: 'failure',
      reason: 'ERR_CIS2_LISTENER',
      option: `events.${name}`,
      message,
    } as const
    this.warn([{ reference, route, ...warning }])
  }
}
