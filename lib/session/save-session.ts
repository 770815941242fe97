import type { Session, SessionData, Store } from 'express-session'
import { pause, withinSignal, withinTime } from '../deadline.js'
import { SessionError } from '../errors.js'
import { storeCall, storeResult } from './store-call.js'

const lagMs = 250
const patienceMs = 1000

/**
 * Saves a session, or takes it back: a save that succeeds after all, or only says that it failed, must not leave a
 * login that no browser knows of.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`
 */
export async function saveSession(
  session: Session,
  store: Store | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { id } = session
  const saving = storeCall((done) => session.save(done), 'ERR_CIS2_SESSION_WRITE', undefined)
  try {
    await withinSignal(saving, signal)
  } catch (error) {
    const undo = (): void => undoSave(id, store)
    saving.then(undo, undo)
    throw error instanceof SessionError
      ? error
      : new SessionError('ERR_CIS2_SESSION_WRITE', 'the session store did not answer in time')
  }
}

/** Takes a session out of the store again, if the store can be had. */
export function undoSave(sessionId: string, store: Store | undefined): void {
  if (store) storeResult((done) => store.destroy(sessionId, done)).catch(() => undefined)
}

/**
 * A session that was just saved, as the next request will read it. Where a replica answers reads it may be a moment
 * late, so that it is looked for twice.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_READ`
 */
export async function findSaved(
  sessionId: string,
  store: Store,
  signal: AbortSignal,
): Promise<SessionData | undefined> {
  const read = async (): Promise<SessionData | undefined> =>
    (await storeCall<SessionData | null | undefined>(
      (done) => store.get(sessionId, done),
      'ERR_CIS2_SESSION_READ',
      signal,
    )) ?? undefined
  const found = await read()
  if (found !== undefined) return found
  await pause(lagMs)
  return await read()
}

/**
 * The browser would come back to a session that is not there, and be sent to log in again, in a circle.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE` when the store has said that it saved the session, and has not
 */
export async function checkSaved(
  sessionId: string,
  store: Store | undefined,
  signal: AbortSignal,
): Promise<void> {
  // express-session's own has no replica that could lag.
  if (store === undefined || store.constructor.name === 'MemoryStore') return
  // Where it cannot be read just now, the store's word that it was saved has to do.
  const isThere = await withinTime(findSaved(sessionId, store, signal), patienceMs).then(
    (found) => found !== undefined,
    () => true,
  )
  if (isThere) return
  undoSave(sessionId, store)
  throw new SessionError(
    'ERR_CIS2_SESSION_WRITE',
    `the store said that the session was saved, and did not have it ${lagMs} ms later: does a replica that lags answer reads, or does the store evict?`,
  )
}
