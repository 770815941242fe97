import { AccessError, LoginError } from '../errors.js'
import type { Cis2SessionRecord } from './session-data.js'
import type { SessionRequest } from './session-request.js'
import { startSession } from './user-session.js'

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
  signal: AbortSignal,
): Promise<void> {
  await startSession(req, record, { carryOver, signal, regeneration: 'renewal' }).catch((error: unknown) => {
    if (!(error instanceof LoginError)) throw error
    throw new AccessError('ERR_CIS2_NOT_LOGGED_IN', 'the login has ended meanwhile, by another request')
  })
}
