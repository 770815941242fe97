import type { Store } from 'express-session'
import { guardStore } from './guarded-store.js'
import { LogoutRegistry, type LoginIdentity } from './logout-registry.js'
import { findSessionWarnings, type SessionWarning } from './session-warnings.js'
import type { SessionRequest } from './session-request.js'

interface StoresSettings {
  readonly clientTag: string
  /** Where the shared records are kept. @default the store of the sessions */
  readonly recordStore: Store | undefined
  readonly absoluteTimeoutSeconds: number
}

/** The host's session store as this library meets it, request by request, and the logout registry that goes with it. */
export class SessionStores {
  readonly #settings: StoresSettings
  readonly #guards = new WeakMap<Store, Store>()
  readonly #guarded = new WeakSet<Store>()
  readonly #registries = new WeakMap<Store, LogoutRegistry>()
  readonly #told = new Set<string>()
  #seen: Store | undefined
  /** Remembers that express-session works here, to tell a lost store from a missing line. */
  hasSeenSession = false

  constructor(settings: StoresSettings) {
    this.#settings = settings
  }

  /** From now on, this request's session is written and destroyed through the guard. */
  protect(req: SessionRequest): void {
    if (req.session) this.hasSeenSession = true
    const { sessionStore } = req
    if (sessionStore === undefined || this.#guarded.has(sessionStore)) return
    this.#seen = sessionStore
    req.sessionStore = this.#guards.get(sessionStore) ?? this.#guard(sessionStore)
  }

  /** The sessions' own store: this request's, else the last one seen. Nothing before the first request. */
  storeOf(req: SessionRequest): Store | undefined {
    const { sessionStore } = req
    return sessionStore === undefined || this.#guarded.has(sessionStore) ? this.#seen : sessionStore
  }

  /** Takes a login that has ended out of the index; the record of its end is what counts. */
  forget(req: SessionRequest, sessionId: string, login: LoginIdentity): void {
    const store = this.storeOf(req)
    if (store)
      this.registryFor(store)
        .unindex(sessionId, login)
        .catch(() => undefined)
  }

  /** What is unwise about the session settings, as far as this request shows it and nobody has been told. */
  newWarnings(
    req: SessionRequest,
    circumstances: { readonly isSecure: boolean; readonly backChannelLogout: boolean },
  ): readonly SessionWarning[] {
    const news = findSessionWarnings(req, this.storeOf(req), circumstances).filter(
      ({ message }) => !this.#told.has(message),
    )
    for (const { message } of news) this.#told.add(message)
    return news
  }

  registryFor(store: Store): LogoutRegistry {
    const recordStore = this.#settings.recordStore ?? store
    const known = this.#registries.get(recordStore)
    if (known) return known
    const { clientTag, absoluteTimeoutSeconds } = this.#settings
    const registry = new LogoutRegistry(recordStore, {
      namespace: clientTag,
      lifetimeSeconds: absoluteTimeoutSeconds,
    })
    this.#registries.set(recordStore, registry)
    return registry
  }

  #guard(store: Store): Store {
    const guarded = guardStore(store, {
      registry: this.registryFor(store),
      client: this.#settings.clientTag,
    })
    this.#guards.set(store, guarded)
    this.#guarded.add(guarded)
    return guarded
  }
}
