import type { Request, Response } from 'express'
import { describeCall } from './create-route.js'
import { Cis2Error, ConfigurationError } from './errors.js'
import { logOut } from './log-out.js'
import { randomReference } from './random.js'
import { selectRole } from './select-role.js'
import { unpackLogin } from './session/packed-login.js'
import type { Cis2Tokens } from './session/session-data.js'
import { forgetEndedLogin, hasEndedLogin } from './session/ended-login.js'
import { readLogin, type Login } from './session/user-session.js'
import type { Cis2User } from './user/user.js'
import { loginUrl, publicLocation } from './public-urls.js'
import type { Wiring } from './wiring.js'

// Stays in the .d.ts and vanishes from the .js: the members of Passport's style reach applications by it.
export type {} from './user/express-user.js'

/** The login's session. Times are in seconds since the epoch. */
export interface Cis2Session {
  /** The session's own id: with it and the session secret, somebody could be this person. Do not log it. */
  readonly id: string
  readonly loggedInAt: number
  /** When the login ends if the person does nothing more. */
  readonly idleExpiresAt: number
  /** When the login ends whatever the person does. */
  readonly absoluteExpiresAt: number
  /** CIS2's own session id. */
  readonly sid?: string
}

/** What `req.cis2` offers. */
export interface Cis2RequestContext {
  /** The person who is logged in; `undefined` when nobody is. */
  readonly user: Cis2User | undefined
  /** Whether somebody is logged in. */
  readonly isLoggedIn: boolean
  /** The tokens of this login; they are in the session on the server. */
  readonly tokens: Cis2Tokens | undefined
  /** How long this login has lasted and may last. */
  readonly session: Cis2Session | undefined
  /**
   * A link that logs in and leads back.
   *
   * @param returnTo a path of this application. @default the option `returnTo.default`
   */
  loginUrl(returnTo?: string): string
  /**
   * Ends this login: the session is destroyed before the promise resolves.
   *
   * @throws {SessionError} `ERR_CIS2_SESSION_DESTROY`, `ERR_CIS2_SESSION_UNAVAILABLE`
   */
  logout(): Promise<void>
  /**
   * Lets the person work in another of their roles, under a new session id.
   *
   * @param personRoleId the `id` of one of `user.roles`
   * @throws {AccessError} `ERR_CIS2_ROLE_NOT_OWN`, `ERR_CIS2_NOT_LOGGED_IN`
   * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`, `ERR_CIS2_SESSION_UNAVAILABLE`
   */
  selectRole(personRoleId: string): Promise<void>
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
  #ending: Promise<void> | undefined
  #changingRole: Promise<void> | undefined
  #hasLoggedOut = false

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

  /** Whether a login whose time was over is why nobody is logged in, and the person has not been told yet. */
  get hasEndedLogin(): boolean {
    return hasEndedLogin(this.#req.session)
  }

  /** The person has been told. */
  forgetEndedLogin(): void {
    forgetEndedLogin(this.#req.session)
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

  selectRole(personRoleId: string): Promise<void> {
    // Asked twice at once, one after the other: each has to find the session that the one before has made.
    const before = this.#changingRole?.catch(() => undefined) ?? Promise.resolve()
    const changing = before.then(() => this.#selectRole(personRoleId))
    this.#changingRole = changing
    return changing
  }

  async #selectRole(personRoleId: string): Promise<void> {
    const call = { req: this.#req, res: this.#res, reference: randomReference() }
    await selectRole(call, personRoleId, publicLocation(this.#wiring, this.#req).path, this.#wiring)
  }

  async #logOut(): Promise<void> {
    // Its session went with the login: that there is none now is no fault of the store.
    if (this.#hasLoggedOut && !this.#req.session) return
    const call = { req: this.#req, res: this.#res, reference: randomReference() }
    const route = publicLocation(this.#wiring, this.#req).path
    try {
      await logOut(call, route, this.#wiring)
      this.#hasLoggedOut = true
    } catch (error) {
      if (error instanceof Cis2Error) {
        error.reference = call.reference
        this.#wiring.events.emit('logout.failed', {
          ...describeCall(call, route),
          outcome: 'failure',
          reason: error.code,
        })
      }
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
