import type { SessionData, Store } from 'express-session'
import type { LogoutRegistry } from './logout-registry.js'
import { hashSessionId } from './session-hash.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import { storeResult } from './store-call.js'

const atOnce = 20

interface EndSessions {
  /** The sessions' own store. */
  readonly store: Store
  readonly registry: LogoutRegistry
  readonly client: string
  /** Whether this login is to end; a session may hold a newer one than the one that is meant. */
  readonly isMeant: (login: Cis2SessionRecord, sessionId: string) => boolean
}

/**
 * Ends sessions by their ids, whichever process or browser they belong to.
 *
 * @returns the hashes of those that there were
 */
export async function endSessions(ids: readonly string[], settings: EndSessions): Promise<readonly string[]> {
  const hashes: string[] = []
  for (let from = 0; from < ids.length; from += atOnce) {
    const some = ids.slice(from, from + atOnce)
    const ended = await Promise.all(some.map((id) => endOne(id, settings)))
    hashes.push(...some.filter((_id, index) => ended[index]).map(hashSessionId))
  }
  return hashes
}

/** A login as it was found, and under which id. */
export interface FoundLogin {
  readonly sessionId: string
  readonly login: Cis2SessionRecord
}

/**
 * Ends the login that has gone on under another id than this one, if there is one.
 *
 * @returns the login that has ended. One that is only just getting its new id is ended by whoever gives it that
 */
export async function endSuccessor(
  formerId: string,
  settings: Omit<EndSessions, 'isMeant'>,
): Promise<FoundLogin | undefined> {
  const { store, registry, client } = settings
  // Cookies may name any id: nothing is put on record for one that nobody has had.
  if (!(await registry.isRetired(formerId))) return undefined
  const sessionId = await registry.endSession(formerId)
  if (sessionId === undefined) return undefined
  const data = await storeResult<SessionData | null | undefined>((done) => store.get(sessionId, done))
  const login = parseSessionRecord(data?.cis2, client)
  if (login === undefined) return await endSuccessor(sessionId, settings)
  await endOne(sessionId, { ...settings, isMeant: () => true })
  return { sessionId, login }
}

async function endOne(id: string, settings: EndSessions): Promise<boolean> {
  const { store, registry, client, isMeant } = settings
  const data = await storeResult<SessionData | null | undefined>((done) => store.get(id, done))
  // Gone already; or not written yet, and then the record of the logout meets it.
  if (data === undefined || data === null) return false
  const login = parseSessionRecord(data.cis2, client)
  if (login !== undefined && !isMeant(login, id)) return false
  const renewedAs = await registry.endSession(id)
  await storeResult((done) => store.destroy(id, done))
  if (renewedAs !== undefined) await endOne(renewedAs, settings)
  if (login !== undefined) await Promise.all([registry.index.remove(id, login), registry.kept.delete(login)])
  return true
}
