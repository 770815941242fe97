import type { Store } from 'express-session'
import type { Cis2User } from '../user/user.js'
import { ConfigurationError, LoginError, SessionError } from '../errors.js'
import { hasEndedLogin } from './ended-login.js'
import { noteNewSession, wasRefused } from './guarded-store.js'
import { announceRegeneration, type Regeneration } from './regenerate-for-good.js'
import { findSessionCookie } from './session-cookie.js'
import { parseSessionRecord, type Cis2SessionRecord } from './session-data.js'
import type { PeopleCache } from './people-cache.js'
import { isExpired, type SessionLimits } from './session-expiry.js'
import type { SessionRequest } from './session-request.js'
import { checkSaved, findSaved, saveSession, undoSave } from './save-session.js'
import { hashSessionId } from './session-hash.js'
import { storeCall } from './store-call.js'

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
  const user = people.get(record.login, record.roleId)
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
  return req.sessionID === undefined || !isKnown ? undefined : hashSessionId(req.sessionID)
}

interface NewSession {
  /** The keys of the session that the same person's new one gets too. */
  readonly carryOver: readonly string[]
  readonly signal: AbortSignal
  /** @default 'replacement' */
  readonly regeneration?: Regeneration
}

/**
 * Puts a login into a new session: a new id against fixation, only the named keys carried over, and nothing at all
 * when another person was logged in. Resolves when the store has it, so that a redirect cannot overtake it.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`; the browser is then given no cookie
 * @throws {LoginError} `ERR_CIS2_LOGIN_ENDED` when the login has ended meanwhile, by CIS2 or, where it goes on, by the person
 * @throws {ConfigurationError} `ERR_CIS2_SESSION_UNSUITABLE`
 */
export async function startSession(
  req: SessionRequest,
  record: Cis2SessionRecord,
  { carryOver, signal, regeneration = 'replacement' }: NewSession,
): Promise<void> {
  const { session } = req
  if (typeof session?.regenerate !== 'function' || typeof session.save !== 'function')
    throw new ConfigurationError('ERR_CIS2_SESSION_UNSUITABLE')
  const { id: formerId } = session
  // Of a login that cannot be read, another client's or another version's, nobody knows whose it was.
  const isFree = session.cis2 === undefined || hasEndedLogin(session)
  const isSamePerson = isFree || readSession(req, record.client)?.sub === record.sub
  const kept = isSamePerson ? pick(session, carryOver) : []
  announceRegeneration(session, regeneration)
  try {
    await storeCall((done) => session.regenerate(done), 'ERR_CIS2_SESSION_WRITE', signal)
    const fresh = req.session
    // Somebody else may know the old session's id.
    if (fresh === undefined || fresh.id === formerId)
      throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the store gave no new session')
    for (const [name, value] of kept) Reflect.set(fresh, name, value)
    fresh.cis2 = record
    noteNewSession(fresh)
    await saveSession(fresh, req.sessionStore, signal)
    // A store that calls back twice may have made another session meanwhile.
    if (req.session !== fresh) {
      undoSave(fresh.id, req.sessionStore)
      throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the store answered twice')
    }
    if (wasRefused(fresh)) throw new LoginError('ERR_CIS2_LOGIN_ENDED')
    await checkSaved(fresh.id, req.sessionStore, signal)
  } catch (error) {
    hideSession(req)
    throw error
  }
}

/** Takes a login back that was saved a moment ago: no browser ever hears of it. */
export function abandonSession(req: SessionRequest): void {
  if (req.sessionID !== undefined) undoSave(req.sessionID, req.sessionStore)
  hideSession(req)
}

// express-session would otherwise save this session at the end of the response, and send its cookie.
function hideSession(req: SessionRequest): void {
  Reflect.deleteProperty(req, 'session')
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
  const data = await findSaved(sessionId, sessionStore, signal)
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

function pick(session: object, names: readonly string[]): readonly (readonly [string, unknown])[] {
  return names.flatMap((name) =>
    Object.hasOwn(session, name) ? [[name, Reflect.get(session, name)] as const] : [],
  )
}
