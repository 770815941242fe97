import type { Store } from 'express-session'
import type { SettingWarning } from '../setting-warnings.js'
import { endSuccessor, type FoundLogin } from './end-sessions.js'
import { guardStore } from './guarded-store.js'
import type { KeptBeside } from './kept-records.js'
import { LogoutRegistry } from './logout-registry.js'
import type { LoginIdentity } from './session-index.js'
import { sessionIdsInCookies } from './session-cookie.js'
import { findSessionWarnings } from './session-warnings.js'
import type { SessionRequest } from './session-request.js'
import { guardInPlace } from './store-in-place.js'

interface StoresSettings {
  readonly clientTag: string
  /** Where the shared records are kept. @default the store of the sessions */
  readonly recordStore: Store | undefined
  readonly absoluteTimeoutSeconds: number
  readonly requestMs: number
}

/** The host's session store as this library meets it, request by request, and the logout registry that goes with it. */
export class SessionStores {
  readonly #settings: StoresSettings
  readonly #guards = new WeakMap<Store, Store>()
  /** The store behind each guard. */
  readonly #guarded = new WeakMap<Store, Store>()
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
    return sessionStore === undefined ? this.#seen : (this.#guarded.get(sessionStore) ?? sessionStore)
  }

  /** Puts on record that a session is over, so that no request in flight writes it back. */
  async end(req: SessionRequest, sessionId: string): Promise<void> {
    const store = this.storeOf(req)
    if (store) await this.registryFor(store).endSession(sessionId)
  }

  /**
   * Ends the login that the browser of this request had under an id that it has no longer, and still has under another:
   * the request was on its way while the id changed.
   */
  async endSuccessor(req: SessionRequest): Promise<FoundLogin | undefined> {
    const store = this.storeOf(req)
    if (store === undefined) return undefined
    const settings = { store, registry: this.registryFor(store), client: this.#settings.clientTag }
    for (const id of sessionIdsInCookies(req)) {
      const ended = await endSuccessor(id, settings)
      if (ended !== undefined) return ended
    }
    return undefined
  }

  /** Takes a login that has ended out of the index, and deletes what was kept for it; the record of its end is what counts. */
  forget(req: SessionRequest, sessionId: string, login: LoginIdentity & KeptBeside): void {
    this.forgetKept(req, login)
    const store = this.storeOf(req)
    if (store)
      this.registryFor(store)
        .index.remove(sessionId, login)
        .catch(() => undefined)
  }

  /** Deletes what was kept beside the session for a login that has ended. */
  forgetKept(req: SessionRequest, login: KeptBeside): void {
    const store = this.storeOf(req)
    if (store)
      this.registryFor(store)
        .kept.delete(login)
        .catch(() => undefined)
  }

  /** What is unwise about the session settings, as far as this request shows it and nobody has been told. */
  newWarnings(
    req: SessionRequest,
    circumstances: { readonly isSecure: boolean; readonly backChannelLogout: boolean },
  ): readonly SettingWarning[] {
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
    const { clientTag, absoluteTimeoutSeconds, requestMs } = this.#settings
    const registry = new LogoutRegistry(recordStore, {
      namespace: clientTag,
      lifetimeSeconds: absoluteTimeoutSeconds,
      patienceMs: requestMs,
    })
    this.#registries.set(recordStore, registry)
    return registry
  }

  #guard(store: Store): Store {
    const guard = { registry: this.registryFor(store), client: this.#settings.clientTag }
    guardInPlace(store, guard)
    const guarded = guardStore(store, guard)
    this.#guards.set(store, guarded)
    this.#guarded.set(guarded, store)
    return guarded
  }
}
