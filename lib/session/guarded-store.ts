import type { SessionData, Store } from 'express-session'
import { destroyForGood } from './destroy-for-good.js'
import type { LogoutRegistry } from './logout-registry.js'
import {
  mayHaveLogin,
  noteWhereFrom,
  regenerateAgain,
  regenerateForGood,
  type RegeneratedRequest,
} from './regenerate-for-good.js'
import { retry } from './retry.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import { callStore, storeResult } from './store-call.js'
import { touchWrites } from './touch-that-writes.js'

type Done = (error?: unknown) => void

/** What a guard of a store needs. */
export interface StoreGuard {
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

// Sessions that were made in this request, for a new login or a role: no browser knows their ids.
const unknownToAll = new WeakSet<object>()

/** Says that a session's id has just been made up, and that nobody has heard of it before it is written. */
export function noteNewSession(session: object): void {
  unknownToAll.add(session)
}

// Sessions that were not written, because they are over.
const refused = new WeakSet<object>()

/** Whether the last write of this session did not happen, because its login is over. */
export function wasRefused(session: object): boolean {
  return refused.has(session)
}

const bases = new WeakMap<Store, Store>()

/** The store behind a guard, and behind another client's behind that. */
export function baseOf(store: Store): Store {
  return bases.get(store) ?? store
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
      if (login === undefined) callStore(() => store.set(sessionId, session, done))
      else if (isJustWritten(session)) settle(Promise.resolve(), done)
      else settle(writeLogin(store, guard.registry, { sessionId, session, login }), done)
    },
    touch(sessionId: string, session: SessionData, done: () => void = ignore): void {
      const login = parseSessionRecord(session.cis2, guard.client)
      if (login === undefined || touchWrites(store) === false)
        callStore(() => store.touch?.(sessionId, session, done))
      else settle(touchLogin(store, guard.registry, { sessionId, session, login }), done)
    },
    destroy(sessionId: string, done: Done = ignore): void {
      settle(destroyForGood(store, guard.registry, sessionId), done)
    },
    regenerate(req: RegeneratedRequest, done: Done): void {
      const login = parseSessionRecord(req.session.cis2, guard.client)
      if (login === undefined && mayHaveLogin(req.session)) settle(regenerateAgain(store, req), done)
      else if (login === undefined) callStore(() => store.regenerate(req, done))
      else settle(regenerateForGood(store, guard.registry, { req, login }), done)
    },
  }
  const guarded = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      // What a store lacks, `touch` perhaps, it lacks behind the guard too; and it is known by the name of its class.
      if (typeof value !== 'function' || name === 'constructor') return value
      return (Object.hasOwn(own, name) ? Reflect.get(own, name) : value.bind(target)) as unknown
    },
  })
  bases.set(guarded, baseOf(store))
  return guarded
}

interface SessionOfLogin {
  readonly sessionId: string
  readonly session: SessionData
  readonly login: Cis2SessionRecord
}

async function touchLogin(store: Store, registry: LogoutRegistry, written: SessionOfLogin): Promise<void> {
  const { sessionId, session } = written
  const touch = (): Promise<void> => storeResult((done) => store.touch?.(sessionId, session, done))
  if (await touchWrites(store)) await writeLogin(store, registry, written, touch)
  else await touch()
}

async function writeLogin(
  store: Store,
  registry: LogoutRegistry,
  { sessionId, session, login }: SessionOfLogin,
  write = (): Promise<void> => storeResult((done) => store.set(sessionId, session, done)),
): Promise<void> {
  // Asked ahead of the touches that come with the next requests.
  void touchWrites(store)
  const otherIds = await noteWhereFrom(registry, session, sessionId)
  const isEnded = (): Promise<boolean> => hasEnded(registry, { sessionId, login }, otherIds)
  // First the index, then the session: a process killed in between leaves no login that logout cannot find.
  const [wasEnded] = await Promise.all([
    // What ends a new session before it is there is found below, and until then nobody can use it.
    unknownToAll.delete(session) ? false : isEnded(),
    registry.index.add(sessionId, login),
  ])
  if (!wasEnded) {
    await write()
    written.set(session, { text: contentOf(session), at: Date.now() })
    // A logout that came while the store was writing has looked for the session too early. In doubt, it came.
    if (!(await retry(isEnded).catch(() => true))) return
  }
  // The session may still be there: a process that was killed while it ended the login has not come to that. Once it is
  // gone nothing brings the login back, so that one failure of the store is not taken for an answer.
  await retry(() => storeResult((done) => store.destroy(sessionId, done)))
  await registry.index.remove(sessionId, login)
  refused.add(session)
}

/** Whether a login has ended: under the id that it is to be written under, or under another that it has had or got. */
async function hasEnded(
  registry: LogoutRegistry,
  { sessionId, login }: Pick<SessionOfLogin, 'sessionId' | 'login'>,
  otherIds: readonly string[],
): Promise<boolean> {
  const answers = await Promise.all([
    registry.isEnded(sessionId, login),
    otherIds.length > 0 && registry.isOvertaken(login),
    ...otherIds.map((id) => registry.isLoginOver(id, login)),
  ])
  return answers.includes(true)
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
