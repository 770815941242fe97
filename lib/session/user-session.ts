import { hash } from 'node:crypto'
import type { Session, SessionData, Store } from 'express-session'
import { withinSignal } from '../deadline.js'
import type { Cis2User } from '../user/user.js'
import { ConfigurationError, LoginError, SessionError, type Cis2ErrorCode } from '../errors.js'
import { wasRefused } from './guarded-store.js'
import { findSessionCookie } from './session-cookie.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import type { PeopleCache } from './people-cache.js'
import { isExpired, type SessionLimits } from './session-expiry.js'
import type { SessionRequest } from './session-request.js'
import { storeResult } from './shared-records.js'

/** The login in this request's session, whether or not its time is over. */
export function readSession(req: SessionRequest, client: string): Cis2SessionRecord | undefined {
  return parseSessionRecord(req.session?.cis2, client)
}

/** A login that counts: whose time is not over, and whose person can be read and is good enough for this application. */
export interface Login {
  readonly record: Cis2SessionRecord
  readonly user: Cis2User
}

interface LoginSettings {
  readonly config: SessionLimits & {
    readonly clientTag: string
    readonly minimumAuthenticationAssurance: number
    readonly minimumIdentityAssurance: number
  }
  readonly people: PeopleCache
}

/** The login in this request's session, if it counts. */
export function readLogin(req: SessionRequest, { config, people }: LoginSettings): Login | undefined {
  const record = readSession(req, config.clientTag)
  if (record === undefined || isExpired(record, config, Date.now() / 1000)) return undefined
  const user = people.get(record.login)
  // The same client may have another instance, in another application, with lower demands.
  return user?.sub === record.sub &&
    user.authenticationAssuranceLevel >= config.minimumAuthenticationAssurance &&
    user.identityAssuranceLevel >= config.minimumIdentityAssurance
    ? { record, user }
    : undefined
}

/** Tells sessions apart in the audit stream without being one. */
export function sessionHash(req: SessionRequest): string | undefined {
  // Without a cookie, the id is one that express-session has just made up and will throw away.
  const isKnown = req.session?.cis2 !== undefined || findSessionCookie(req) !== undefined
  return req.sessionID === undefined || !isKnown ? undefined : hash('sha256', req.sessionID, 'base64url')
}

/**
 * Puts a login into a new session: a new id against fixation, only the named keys carried over, and nothing at all
 * when another person was logged in. Resolves when the store has it, so that a redirect cannot overtake it.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`; the browser is then given no cookie
 * @throws {LoginError} `ERR_CIS2_LOGIN_ENDED` when CIS2 has logged the person out meanwhile
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
  // Of a login that cannot be read, another client's or another version's, nobody knows whose it was.
  const isSamePerson = session.cis2 === undefined || readSession(req, record.client)?.sub === record.sub
  const kept = isSamePerson ? pick(session, carryOver) : []
  try {
    await storeCall((done) => session.regenerate(done), 'ERR_CIS2_SESSION_WRITE', signal)
    const fresh = req.session
    if (fresh === undefined) throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the store gave no new session')
    for (const [name, value] of kept) Reflect.set(fresh, name, value)
    fresh.cis2 = record
    await saveOrUndo(fresh, req.sessionStore, signal)
    // A store that calls back twice may have made another session meanwhile.
    if (req.session !== fresh) {
      undo(fresh, req.sessionStore)
      throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the store answered twice')
    }
    if (wasRefused(fresh)) throw new LoginError('ERR_CIS2_LOGIN_ENDED')
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
    // A save that succeeds after all, or only says that it failed, must not leave a login that no browser knows of.
    const undoSave = (): void => undo(session, store)
    saving.then(undoSave, undoSave)
    throw error instanceof SessionError
      ? error
      : new SessionError('ERR_CIS2_SESSION_WRITE', 'the session store did not answer in time')
  }
}

function undo({ id }: Session, store: Store | undefined): void {
  if (store) storeResult((done) => store.destroy(id, done)).catch(() => undefined)
}

/** A store's callback as a promise. Stores that call back twice, throw, or never answer change nothing but the error. */
async function storeCall(
  call: (done: (error?: unknown) => void) => unknown,
  code: Cis2ErrorCode,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answered = storeResult<void>(call).catch((cause: unknown) => {
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
