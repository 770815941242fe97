import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Session, SessionData, Store } from 'express-session'
import { withinSignal } from '../deadline.js'
import { ConfigurationError, SessionError, type Cis2ErrorCode } from '../errors.js'
import { safeCause } from '../untrusted-text.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'

/** A request as express-session leaves it, or as it came when express-session could not or did not run. */
export interface SessionRequest extends IncomingMessage {
  session?: Session & Partial<SessionData>
  sessionID?: string
  sessionStore?: Store
}

/** The login in this request's session, whether or not its time is over. */
export function readSession(req: SessionRequest, client: string): Cis2SessionRecord | undefined {
  return parseSessionRecord(req.session?.cis2, client)
}

/** Tells sessions apart in the audit stream without being one. */
export function sessionHash(req: SessionRequest): string | undefined {
  return req.sessionID === undefined ? undefined : hash('sha256', req.sessionID, 'base64url')
}

/**
 * Puts a login into a new session: a new id against fixation, only the named keys carried over, and nothing at all
 * when another person was logged in. Resolves when the store has it, so that a redirect cannot overtake it.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`; the browser is then given no cookie
 * @throws {ConfigurationError} `ERR_CIS2_SESSION_UNSUITABLE`
 */
export async function startSession(
  req: SessionRequest,
  record: Cis2SessionRecord,
  carryOver: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { session } = req
  if (typeof session?.regenerate !== 'function' || typeof session.save !== 'function')
    throw new ConfigurationError('ERR_CIS2_SESSION_UNSUITABLE')
  const previous = readSession(req, record.client)
  const kept = previous !== undefined && previous.sub !== record.sub ? [] : pick(session, carryOver)
  try {
    await storeCall((done) => session.regenerate(done), 'ERR_CIS2_SESSION_WRITE', signal)
    const fresh = req.session
    if (fresh === undefined) throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the store gave no new session')
    for (const [name, value] of kept) Reflect.set(fresh, name, value)
    fresh.cis2 = record
    await saveOrUndo(fresh, req.sessionStore, signal)
  } catch (error) {
    // express-session would otherwise save this session at the end of the response, and send its cookie.
    Reflect.deleteProperty(req, 'session')
    throw error
  }
}

/**
 * Ends the login by destroying the whole session, so that nothing of the person is left in it.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_DESTROY`
 */
export async function endSession(req: SessionRequest, signal: AbortSignal): Promise<void> {
  const { session } = req
  if (session !== undefined)
    await storeCall((done) => session.destroy(done), 'ERR_CIS2_SESSION_DESTROY', signal)
}

/**
 * Makes this request belong to a session that another request of the same browser has just saved, and lets
 * express-session send its cookie.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_READ`
 */
export async function joinSession(
  req: SessionRequest,
  sessionId: string,
  signal: AbortSignal,
): Promise<void> {
  const { sessionStore } = req
  if (sessionStore === undefined) throw new SessionError('ERR_CIS2_SESSION_UNAVAILABLE')
  let data: SessionData | undefined
  await storeCall(
    (done) =>
      sessionStore.get(sessionId, (error: unknown, found) => {
        data = found ?? undefined
        done(error)
      }),
    'ERR_CIS2_SESSION_READ',
    signal,
  )
  if (data === undefined)
    throw new SessionError('ERR_CIS2_SESSION_READ', 'the session that was just saved is not in the store')
  req.sessionID = sessionId
  // The declared parameter is Express's Request; only the two members set here are used.
  sessionStore.createSession(req as Parameters<Store['createSession']>[0], data)
}

/** Replaces an ended login's session by an empty one, so that nothing of the person is left for the next. */
export async function replaceSession(req: SessionRequest, signal: AbortSignal): Promise<void> {
  const { session } = req
  if (session !== undefined)
    await storeCall((done) => session.regenerate(done), 'ERR_CIS2_SESSION_DESTROY', signal)
}

async function saveOrUndo(session: Session, store: Store | undefined, signal: AbortSignal): Promise<void> {
  const saving = storeCall((done) => session.save(done), 'ERR_CIS2_SESSION_WRITE', undefined)
  try {
    await withinSignal(saving, signal)
  } catch (error) {
    // A save that succeeds after all must not leave a login behind that no browser knows of.
    saving.then(
      () => store?.destroy(session.id, () => undefined),
      () => undefined,
    )
    throw error instanceof SessionError
      ? error
      : new SessionError('ERR_CIS2_SESSION_WRITE', 'the session store did not answer in time')
  }
}

/** A store's callback as a promise. Stores that call back twice, throw, or never answer change nothing but the error. */
async function storeCall(
  call: (done: (error?: unknown) => void) => unknown,
  code: Cis2ErrorCode,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    call((error) => (error ? reject(safeCause(error)) : resolve()))
  }).catch((cause: unknown) => {
    throw new SessionError(code, undefined, { cause })
  })
  if (signal === undefined) return await answered
  answered.catch(() => undefined)
  await withinSignal(answered, signal).catch((error: unknown) => {
    throw error instanceof SessionError
      ? error
      : new SessionError(code, 'the session store did not answer in time')
  })
}

function pick(session: object, names: readonly string[]): readonly (readonly [string, unknown])[] {
  return names.flatMap((name) =>
    Object.hasOwn(session, name) ? [[name, Reflect.get(session, name)] as const] : [],
  )
}
