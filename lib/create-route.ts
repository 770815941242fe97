import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { answerError, setPrivateHeaders } from './error-page.js'
import { AccessError, Cis2Error, ConfigurationError, SessionError } from './errors.js'
import { withoutEvent, type PublicMessageKind } from './error-codes.js'
import type { Cis2EventName } from './events.js'
import { isPrefetch } from './navigation.js'
import { randomReference } from './random.js'
import type { SessionRequest } from './session/session-request.js'
import { readLogin, sessionHash } from './session/user-session.js'
import { printablePath } from './untrusted-text.js'
import { loggedInWays } from './logged-in-ways.js'
import { homeUrl, loginUrl } from './public-urls.js'
import type { Wiring } from './wiring.js'

/** One request to one of our routes, and what its failure page needs to know by then. */
export interface RouteCall {
  readonly req: Request
  readonly res: Response
  /** Follows the failure or success through page, event and error. */
  reference: string
  /** Where the person wanted to go, as soon as that is known. */
  returnTo?: string
  /** Who it is about, as soon as that is known. */
  sub?: string
  /** Where the person can choose another role, when that is a way out. */
  changeRoleUrl?: string
}

interface RouteSettings {
  readonly name: string
  readonly methods: readonly string[]
  readonly failureEvent:
    Extract<Cis2EventName, 'login.failed' | 'logout.failed' | 'access.denied'> | undefined
  /** What every failure means to the person here. @default what its code says */
  readonly failureKind?: PublicMessageKind
}

/**
 * A route of ours: only its methods, nothing for a prefetch, private headers on every answer, and one place where
 * failures become an event and an answer. An async handler that fails cannot hang the request on Express 4.
 */
export function createRoute(
  settings: RouteSettings,
  wiring: Wiring,
  handler: (call: RouteCall) => void | Promise<void>,
): RequestHandler {
  return function cis2Route(req, res, next) {
    // A CORS preflight is the host's to answer.
    if (req.method === 'OPTIONS') {
      next()
      return
    }
    // The application has answered already, as after a time-out of its own.
    if (res.writableEnded) return
    setPrivateHeaders(res)
    // Mounted one by one, a route may come before the middleware that does this for every other request.
    wiring.sessions.protect(req)
    const call: RouteCall = { req, res, reference: randomReference() }
    const run = async (): Promise<void> => {
      checkRequest(req, settings.methods)
      await handler(call)
    }
    run()
      .catch((error: unknown) => failRoute(error, call, next, settings, wiring))
      .catch(next)
  }
}

/**
 * Only these methods, and nothing for a prefetch.
 *
 * @throws {AccessError} `ERR_CIS2_METHOD`, `ERR_CIS2_PREFETCH`
 */
export function checkRequest(req: Request, methods: readonly string[]): void {
  if (!methods.includes(req.method))
    throw new AccessError('ERR_CIS2_METHOD', undefined, { allow: methods.join(', ') })
  if (isPrefetch(req)) throw new AccessError('ERR_CIS2_PREFETCH')
}

async function failRoute(
  cause: unknown,
  call: RouteCall,
  next: NextFunction,
  settings: RouteSettings,
  wiring: Wiring,
): Promise<void> {
  const error = reportFailure(cause, call, settings, wiring)
  const { name: route, failureKind, failureEvent } = settings
  // Where nothing was tried, nothing failed.
  const kind = withoutEvent.has(error.code) ? undefined : failureKind
  const hasEvent = failureEvent !== undefined && !withoutEvent.has(error.code)
  const hasCancelled = error.kind === 'cancelledLoggedIn'
  const user = readLogin(call.req, wiring)?.user
  const loggedIn = user && loggedInWays(user, wiring, hasCancelled ? call.returnTo : undefined)
  const failed = { ...call, next, route, kind, loggedIn, hasEvent, events: wiring.events }
  // To try again: without this, somebody who is logged in would go straight on.
  const again = hasCancelled ? '&reauthenticate=true' : ''
  const returnTo = hasCancelled ? (call.returnTo ?? homeUrl(wiring)) : call.returnTo
  await answerError(error, failed, wiring.config, loginUrl(wiring, returnTo) + again)
}

/** Whatever was thrown → our error with the reference of the call, and an event that says so. */
export function reportFailure(
  cause: unknown,
  call: RouteCall,
  { name, failureEvent }: Pick<RouteSettings, 'name' | 'failureEvent'>,
  { events, failures }: Wiring,
): Cis2Error {
  const error =
    cause instanceof Cis2Error ? cause : new Cis2Error('ERR_CIS2_UNEXPECTED', undefined, { cause })
  // Two requests can fail of one cause (a double click): it is told once.
  const isNews = error.reference === undefined && !withoutEvent.has(error.code)
  error.reference ??= call.reference
  const findings = failures.known(error.code)
  if (findings !== undefined) error.findings = findings
  if (isNews && failureEvent !== undefined) {
    const description = describeCall(call, name)
    events.emit(failureEvent, { ...description, outcome: 'failure', reason: error.code })
    if (failureEvent === 'login.failed') failures.explain(error, description)
  }
  return error
}

/** What every event says about a request. */
export function describeCall(
  call: Pick<RouteCall, 'req' | 'reference' | 'sub'>,
  route: string,
): { reference: string; route: string; sessionHash?: string; sub?: string } {
  const hash = sessionHash(call.req)
  return {
    reference: call.reference,
    route: printablePath(route),
    ...(hash === undefined ? {} : { sessionHash: hash }),
    ...(call.sub === undefined ? {} : { sub: call.sub }),
  }
}

/**
 * The session express-session left on the request.
 *
 * It leaves none both when it is not mounted and when its store has lost its connection: what this instance has seen
 * before tells them apart.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_UNAVAILABLE`
 * @throws {ConfigurationError} `ERR_CIS2_SESSION_MISSING`
 */
export function requireSession(
  req: SessionRequest,
  { sessions }: Wiring,
): NonNullable<SessionRequest['session']> {
  if (req.session) {
    sessions.hasSeenSession = true
    return req.session
  }
  throw sessions.hasSeenSession
    ? new SessionError('ERR_CIS2_SESSION_UNAVAILABLE')
    : new ConfigurationError('ERR_CIS2_SESSION_MISSING')
}
