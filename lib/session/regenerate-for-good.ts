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
export interface Origin {
  /** The ids that the login has had in this request. */
  readonly formerIds: readonly string[]
  /** Tells the application's leaving of a session in this request from that in another. */
  readonly leaving: string | undefined
}

const origins = new WeakMap<object, Origin>()

/** Where a session has come from, when it was regenerated in this request and the login may go on in it. */
export function originOf(session: object): Origin | undefined {
  return origins.get(session)
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
  let leaving = before?.leaving
  let renewedAs: string | undefined
  if (regeneration === 'replacement') renewedAs = await registry.endSession(sessionID)
  else if (regeneration === 'renewal') await registry.retireId(sessionID)
  else renewedAs = await registry.leaveSession(sessionID, (leaving ??= randomUUID()))
  await storeResult((done) => store.regenerate(req, done))
  if (regeneration !== 'replacement')
    origins.set(req.session, { formerIds: [...(before?.formerIds ?? []), sessionID], leaving })
  if (renewedAs !== undefined) await destroyForGood(store, registry, renewedAs)
  // Last: until the session is gone, logout has to find it.
  await registry.index.remove(sessionID, login)
}
