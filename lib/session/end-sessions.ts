import type { SessionData, Store } from 'express-session'
import type { LogoutRegistry } from './logout-registry.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import { storeResult } from './shared-records.js'

const atOnce = 20

interface EndSessions {
  /** The sessions' own store. */
  readonly store: Store
  readonly registry: LogoutRegistry
  readonly client: string
  /** Whether this login is to end; a session may hold a newer one than the one that is meant. */
  readonly isMeant: (login: Cis2SessionRecord) => boolean
}

/**
 * Ends sessions by their ids, whichever process or browser they belong to.
 *
 * @returns how many there were
 */
export async function endSessions(ids: readonly string[], settings: EndSessions): Promise<number> {
  let count = 0
  for (let from = 0; from < ids.length; from += atOnce) {
    const ended = await Promise.all(ids.slice(from, from + atOnce).map((id) => endOne(id, settings)))
    count += ended.filter(Boolean).length
  }
  return count
}

async function endOne(id: string, { store, registry, client, isMeant }: EndSessions): Promise<boolean> {
  const data = await storeResult<SessionData | null | undefined>((done) => store.get(id, done))
  // Gone already; or not written yet, and then the record of the logout meets it.
  if (data === undefined || data === null) return false
  const login = parseSessionRecord(data.cis2, client)
  if (login !== undefined && !isMeant(login)) return false
  await registry.endSession(id)
  await storeResult((done) => store.destroy(id, done))
  if (login !== undefined) await registry.unindex(id, login)
  return true
}
