import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { describeCall } from './create-route.js'
import { Cis2Error, ConfigurationError } from './errors.js'
import { logOut } from './log-out.js'
import { randomReference } from './random.js'
import { unpackLogin } from './session/packed-login.js'
import type { Cis2SessionRecord, Cis2Tokens } from './session/session-data.js'
import { isExpired, noteActivity } from './session/session-expiry.js'
import { readLogin, readSession, replaceSession, type Login } from './session/user-session.js'
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
  /** Whether this request came with a login whose time was over. */
  endedLogin = false
  #ending: Promise<void> | undefined

  constructor(req: Request, res: Response, wiring: Wiring) {
    this.#req = req
    this.#res = res
    this.#wiring = wiring
  }

  get wiring(): Wiring {
    return this.#wiring
  }

  // Read anew every time: a logout, or the end of its time, earlier in this request must count.
  get #login(): Login | undefined {
    return readLogin(this.#req, this.#wiring)
  }

  get isLoggedIn(): boolean {
    return this.#login !== undefined
  }

  get user(): Cis2User | undefined {
    return this.#login?.user
  }

  get tokens(): Cis2Tokens | undefined {
    const login = this.#login
    return login && unpackLogin(login.record.login)?.tokens
  }

  get session(): Cis2Session | undefined {
    const record = this.#login?.record
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

  logout(): Promise<void> {
    // Asked twice at once, it is done once.
    this.#ending ??= this.#logOut().finally(() => (this.#ending = undefined))
    return this.#ending
  }

  async #logOut(): Promise<void> {
    const call = { req: this.#req, res: this.#res, reference: randomReference() }
    const route = publicLocation(this.#wiring, this.#req).path
    try {
      await logOut(call, route, this.#wiring)
    } catch (error) {
      if (!(error instanceof Cis2Error)) throw error
      error.reference = call.reference
      this.#wiring.events.emit('logout.failed', {
        ...describeCall(call, route),
        outcome: 'failure',
        reason: error.code,
      })
      throw error
    }
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
    const context = new RequestContext(req, res, wiring)
    req.cis2 = context
    if (config.passportStyle) passportStyle(req)
    wiring.sessions.protect(req)
    const record = readSession(req, config.clientTag)
    const now = Date.now() / 1000
    if (record === undefined || !isExpired(record, config, now)) {
      if (record) noteActivity(record, config, now, () => isActivity(req, wiring))
      next()
      return
    }
    context.endedLogin = true
    expire(req, record, wiring).then(() => next(), next)
  }
}

/** A page that asks how long the login lasts, or polls for something else, is not the person. */
function isActivity(req: Request, wiring: Wiring): boolean {
  const { basePath, routes, pollingPaths } = wiring.config
  const { path } = publicLocation(wiring, req)
  if (path.toLowerCase() === (basePath + routes.session).toLowerCase()) return false
  return !pollingPaths.some((polling) =>
    polling.endsWith('*') ? path.startsWith(polling.slice(0, -1)) : path === polling,
  )
}

async function expire(req: Request, record: Cis2SessionRecord, wiring: Wiring): Promise<void> {
  const call = { req, reference: randomReference(), sub: record.sub }
  wiring.events.emit('session.expired', {
    ...describeCall(call, publicLocation(wiring, req).path),
    outcome: 'success',
  })
  wiring.people.forget(record.login)
  // The record goes first: if the store fails now, this request is nobody's all the same.
  delete req.session.cis2
  await replaceSession(req, wiring.provider.startBudget()).catch(() => undefined)
}
