import type { SessionData, Store } from 'express-session'
import type { LogoutRegistry } from './logout-registry.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import { storeResult } from './shared-records.js'

type Done = (error?: unknown) => void

interface StoreGuard {
  readonly registry: LogoutRegistry
  /** Which client's logins are looked after. */
  readonly client: string
}

// What was written of a session last, and when, in milliseconds since the epoch.
const written = new WeakMap<object, { readonly text: string; readonly at: number }>()
const sameMomentMs = 1000

/** express-session saves a new session a second time at the end of the response: once is enough. */
function isJustWritten(session: SessionData): boolean {
  const last = written.get(session)
  return last !== undefined && Date.now() - last.at < sameMomentMs && last.text === contentOf(session)
}

function contentOf({ cookie: _cookie, ...content }: SessionData): string {
  return JSON.stringify(content)
}

// Sessions that were not written, because they are over.
const refused = new WeakSet<object>()

/** Whether the last write of this session did not happen, because its login is over. */
export function wasRefused(session: object): boolean {
  return refused.has(session)
}

/**
 * The session store as requests see it: the same store, but a login that is over is never written to it again, a login
 * under a new id can be found by logout, and a login that the application destroys itself is over everywhere.
 *
 * Reading costs nothing more. Everything else passes through untouched.
 */
export function guardStore(store: Store, guard: StoreGuard): Store {
  const own = {
    set(sessionId: string, session: SessionData, done: Done = ignore): void {
      const login = parseSessionRecord(session.cis2, guard.client)
      if (login === undefined) store.set(sessionId, session, done)
      else if (isJustWritten(session)) settle(Promise.resolve(), done)
      else settle(writeLogin(store, guard.registry, { sessionId, session, login }), done)
    },
    destroy(sessionId: string, done: Done = ignore): void {
      settle(destroyForGood(store, guard.registry, sessionId), done)
    },
    regenerate(req: Parameters<Store['regenerate']>[0], done: Done): void {
      const login = parseSessionRecord(req.session.cis2, guard.client)
      if (login === undefined) store.regenerate(req, done)
      else
        settle(
          endLogin(guard.registry, req.sessionID, login).then(() =>
            storeResult((answer) => store.regenerate(req, answer)),
          ),
          done,
        )
    },
  }
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Puts the end of a login on record, and takes it out of the index. */
export async function endLogin(
  registry: LogoutRegistry,
  sessionId: string,
  login: Cis2SessionRecord,
): Promise<void> {
  await registry.endSession(sessionId)
  await registry.unindex(sessionId, login)
}

async function writeLogin(
  store: Store,
  registry: LogoutRegistry,
  { sessionId, session, login }: { sessionId: string; session: SessionData; login: Cis2SessionRecord },
): Promise<void> {
  // First the index, then the session: a process killed in between leaves no login that logout cannot find.
  const isNew = await registry.index(sessionId, login)
  if (isNew || !(await registry.isEnded(sessionId, login))) {
    await storeResult((done) => store.set(sessionId, session, done))
    written.set(session, { text: contentOf(session), at: Date.now() })
    // A logout that came while the store was writing has looked for the session too early.
    if (!(await registry.isEnded(sessionId, login))) return
    await storeResult((done) => store.destroy(sessionId, done))
  }
  await registry.unindex(sessionId, login)
  refused.add(session)
}

async function destroyForGood(store: Store, registry: LogoutRegistry, sessionId: string): Promise<void> {
  await registry.endSession(sessionId)
  await storeResult((done) => store.destroy(sessionId, done))
}

function settle(promise: Promise<unknown>, done: Done): void {
  promise.then(
    () => done(),
    (error: unknown) => done(error),
  )
}

function ignore(): void {
  // express-session's callbacks are optional.
}
