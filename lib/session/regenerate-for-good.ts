import { randomUUID } from 'node:crypto'
import type { Store } from 'express-session'
import { destroyForGood } from './destroy-for-good.js'
import type { LogoutRegistry } from './logout-registry.js'
import type { Cis2SessionRecord } from './session-data.js'
import { storeResult } from './store-call.js'

export type RegeneratedRequest = Parameters<Store['regenerate']>[0]

/** What becomes of a login whose session is regenerated: another takes its place, or it goes on under a new id. */
export type Regeneration = 'replacement' | 'renewal'

// What is known of it ahead. The other regenerations are the application's own: it may take the login along or not.
const announced = new WeakMap<object, Regeneration>()

/** Says what becomes of a session's login when it is regenerated. */
export function announceRegeneration(session: object, regeneration: Regeneration): void {
  announced.set(session, regeneration)
}

/** Where a session has come from that was made by regenerating others, of which the login may have been taken along. */
interface Origin {
  /** The ids that the login has had in this request. */
  readonly formerIds: readonly string[]
  /** Tells the application's leaving of a session in this request from that in another. */
  readonly leaving: string | undefined
  /** The ids under which other requests have let the login go on meanwhile. */
  readonly otherIds: readonly string[]
}

const origins = new WeakMap<object, Origin>()

/**
 * Puts on record that a login goes on in this session, when it was regenerated in this request.
 *
 * @returns the other ids that the login has had or got, by this request and by others that had read it too: when it has
 * ended under one of them, it is over
 */
export async function noteWhereFrom(
  registry: LogoutRegistry,
  session: object,
  sessionId: string,
): Promise<readonly string[]> {
  const origin = origins.get(session)
  if (origin === undefined) return []
  const { formerIds, leaving, otherIds } = origin
  // Before the record below says where the login has gone instead; a write that fails must not make that forgotten.
  const others = [...otherIds, ...(await registry.successorsOf(formerIds, sessionId))]
  origins.set(session, { ...origin, otherIds: others })
  await registry.noteTakenAlong(formerIds, leaving, sessionId)
  return [...formerIds, ...others]
}

/** Whether a login that was in another session of this request may go on in this one. */
export function mayHaveLogin(session: object): boolean {
  return origins.has(session)
}

/** Regenerates a session without a login: one that was left before in this request may still be taken along. */
export async function regenerateAgain(store: Store, req: RegeneratedRequest): Promise<void> {
  const origin = origins.get(req.session)
  await storeResult((done) => store.regenerate(req, done))
  if (origin) origins.set(req.session, origin)
}

/** Regenerates a session that has a login, which is over under its id from now on. */
export async function regenerateForGood(
  store: Store,
  registry: LogoutRegistry,
  { req, login }: { req: RegeneratedRequest; login: Cis2SessionRecord },
): Promise<void> {
  const { sessionID, session } = req
  const regeneration = announced.get(session)
  const before = origins.get(session)
  const leaving = before?.leaving ?? (regeneration === undefined ? randomUUID() : undefined)
  const renewedAs = regeneration === 'replacement' ? await registry.endSession(sessionID) : undefined
  if (regeneration === 'renewal') await registry.retireId(sessionID)
  const left =
    regeneration === undefined && leaving !== undefined ? await leaveAll(registry, sessionID, leaving) : []
  await storeResult((done) => store.regenerate(req, done))
  if (regeneration !== 'replacement')
    origins.set(req.session, {
      formerIds: [...(before?.formerIds ?? []), sessionID, ...left],
      leaving,
      otherIds: before?.otherIds ?? [],
    })
  if (renewedAs !== undefined) await destroyForGood(store, registry, renewedAs)
  for (const id of left) await storeResult((done) => store.destroy(id, done))
  // Last: until the session is gone, logout has to find it.
  await registry.index.remove(sessionID, login)
}

/**
 * Leaves a session, and the login wherever another request has let it go on: a logout there still counts.
 *
 * @returns the ids under which it has gone on
 */
async function leaveAll(
  registry: LogoutRegistry,
  sessionId: string,
  leaving: string,
): Promise<readonly string[]> {
  const renewedAs = await registry.leaveSession(sessionId, leaving)
  return renewedAs === undefined ? [] : [renewedAs, ...(await leaveAll(registry, renewedAs, leaving))]
}
