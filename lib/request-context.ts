import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { describeCall, requireSession } from './create-route.js'
import { ConfigurationError } from './errors.js'
import { randomReference } from './random.js'
import { clearSessionCookie, findSessionCookie } from './session/session-cookie.js'
import { unpackLogin } from './session/packed-login.js'
import type { Cis2SessionRecord, Cis2Tokens } from './session/session-data.js'
import { isExpired, noteActivity } from './session/session-expiry.js'
import { endSession, readSession, replaceSession } from './session/user-session.js'
import type { Cis2User } from './user/user.js'
import { loginUrl, publicLocation, type Wiring } from './wiring.js'

/** The login's session. Times are in seconds since the epoch. */
export interface Cis2Session {
  /** The session's own id: with it and the session secret, somebody could be this person. Do not log it. */
  readonly id: string
  readonly loggedInAt: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
  /** CIS2's own session id. */
  readonly sid?: string
}

/** What `req.cis2` offers. */
export interface Cis2RequestContext {
  /** The person who is logged in. */
  readonly user: Cis2User | undefined
  readonly isLoggedIn: boolean
  /** The tokens of this login; they are in the session on the server. */
  readonly tokens: Cis2Tokens | undefined
  readonly session: Cis2Session | undefined
  /** A link that logs in and leads back. @param returnTo a path of this application. @default the configured one */
  loginUrl(returnTo?: string): string
  /**
   * Ends this login: the session is destroyed before the promise resolves.
   *
   * @throws {SessionError} `ERR_CIS2_SESSION_DESTROY`, `ERR_CIS2_SESSION_UNAVAILABLE`
   */
  logout(): Promise<void>
}

declare global {
  namespace Express {
    interface Request {
      cis2: Cis2RequestContext
    }
  }
}

/** The context behind `req.cis2`; guards and routes see more of it than applications do. */
export class RequestContext implements Cis2RequestContext {
  readonly #req: Request
  readonly #res: Response
  readonly #wiring: Wiring

  constructor(req: Request, res: Response, wiring: Wiring) {
    this.#req = req
    this.#res = res
    this.#wiring = wiring
  }

  get wiring(): Wiring {
    return this.#wiring
  }

  // Read anew every time: a logout earlier in this request must count.
  get #record(): Cis2SessionRecord | undefined {
    return readSession(this.#req, this.#wiring.config.clientId)
  }

  get isLoggedIn(): boolean {
    return this.#record !== undefined
  }

  get user(): Cis2User | undefined {
    const record = this.#record
    const user = record && this.#wiring.people.get(record.login)
    return user?.sub === record?.sub ? user : undefined
  }

  get tokens(): Cis2Tokens | undefined {
    const record = this.#record
    return record && unpackLogin(record.login)?.tokens
  }

  get session(): Cis2Session | undefined {
    const record = this.#record
    if (record === undefined) return undefined
    const { idleTimeoutSeconds, absoluteTimeoutSeconds } = this.#wiring.config
    return {
      id: this.#req.sessionID,
      loggedInAt: Math.floor(record.loggedInAt),
      idleExpiresAt: Math.floor(record.lastSeenAt + idleTimeoutSeconds),
      absoluteExpiresAt: Math.floor(record.loggedInAt + absoluteTimeoutSeconds),
      ...(record.sid === undefined ? {} : { sid: record.sid }),
    }
  }

  loginUrl(returnTo?: string): string {
    return loginUrl(this.#wiring, returnTo)
  }

  async logout(): Promise<void> {
    requireSession(this.#req, this.#wiring)
    const record = this.#record
    if (record === undefined) return
    const call = { req: this.#req, reference: randomReference(), sub: record.sub }
    const description = describeCall(call, publicLocation(this.#wiring, this.#req).path)
    const cookie = findSessionCookie(this.#req)
    await endSession(this.#req, this.#wiring.provider.startBudget())
    clearSessionCookie(this.#res, cookie)
    this.#wiring.events.emit('logout.succeeded', { ...description, outcome: 'success' })
  }
}

/**
 * The context of a request.
 *
 * @throws {ConfigurationError} `ERR_CIS2_MIDDLEWARE_MISSING`: without the middleware nobody is ever let in
 */
export function contextOf(req: Request): RequestContext {
  const context: unknown = req.cis2
  if (context instanceof RequestContext) return context
  throw new ConfigurationError('ERR_CIS2_MIDDLEWARE_MISSING')
}

/** Attaches `req.cis2`, and ends a login whose time is over. */
export function createAuthenticate(wiring: Wiring, passportStyle: (req: Request) => void): RequestHandler {
  const { config } = wiring
  return function cis2Authenticate(req: Request, res: Response, next: NextFunction) {
    const attached: unknown = req.cis2
    if (attached instanceof RequestContext && attached.wiring === wiring) {
      next()
      return
    }
    req.cis2 = new RequestContext(req, res, wiring)
    if (config.passportStyle) passportStyle(req)
    if (req.session) wiring.sessions.hasSeenOne = true
    const record = readSession(req, config.clientId)
    const now = Date.now() / 1000
    if (record === undefined || !isExpired(record, config, now)) {
      if (record) noteActivity(record, config, now)
      next()
      return
    }
    expire(req, record, wiring).then(() => next(), next)
  }
}

async function expire(req: Request, record: Cis2SessionRecord, wiring: Wiring): Promise<void> {
  const call = { req, reference: randomReference(), sub: record.sub }
  wiring.events.emit('session.expired', {
    ...describeCall(call, publicLocation(wiring, req).path),
    outcome: 'success',
  })
  // The record goes first: if the store fails now, this request is nobody's all the same.
  delete req.session.cis2
  await replaceSession(req, wiring.provider.startBudget()).catch(() => undefined)
}
