import { AccessError, LoginError } from '../errors.js'
import { announceRenewal } from './guarded-store.js'
import type { Cis2SessionRecord } from './session-data.js'
import type { SessionRequest } from './session-request.js'
import type { SessionStores } from './session-stores.js'
import { abandonSession, endSession, startSession } from './user-session.js'

/**
 * Lets a login go on under a new session id, with another record. It never comes back by that: a logout that another
 * request has made meanwhile, of whatever process, ends it under the new id too.
 *
 * @throws {AccessError} `ERR_CIS2_NOT_LOGGED_IN` when the login has ended meanwhile
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`
 */
export async function renewSession(
  req: SessionRequest,
  record: Cis2SessionRecord,
  carryOver: readonly string[],
  { sessions, signal }: { sessions: SessionStores; signal: AbortSignal },
): Promise<void> {
  const { sessionID: formerId } = req
  const store = sessions.storeOf(req)
  announceRenewal(req)
  await startSession(req, record, carryOver, signal).catch((error: unknown) => {
    throw error instanceof LoginError ? endedMeanwhile() : error
  })
  if (formerId === undefined || store === undefined) return
  // In doubt, a logout came.
  const isOver = await sessions
    .registryFor(store)
    .isLoginOver(formerId, record)
    .catch(() => true)
  if (!isOver) return
  await endSession(req, signal).catch(() => abandonSession(req))
  throw endedMeanwhile()
}

function endedMeanwhile(): AccessError {
  return new AccessError('ERR_CIS2_NOT_LOGGED_IN', 'the login has ended meanwhile, by another request')
}
