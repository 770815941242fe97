import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { answerError, setPrivateHeaders } from './error-page.js'
import { AccessError, Cis2Error, ConfigurationError, SessionError } from './errors.js'
import type { PublicMessageKind } from './error-codes.js'
import type { Cis2EventName } from './events.js'
import { isPrefetch } from './navigation.js'
import { randomReference } from './random.js'
import type { SessionRequest } from './session/session-request.js'
import { sessionHash } from './session/user-session.js'
import { loginUrl, type Wiring } from './wiring.js'

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
}

interface RouteSettings {
  readonly name: string
  readonly methods: readonly string[]
  readonly failureEvent: Extract<Cis2EventName, 'login.failed' | 'logout.failed'> | undefined
  /** What every failure means to the person here. @default what its code says */
  readonly failureKind?: PublicMessageKind
}

const notWorthAnEvent = new Set(['ERR_CIS2_METHOD', 'ERR_CIS2_PREFETCH'])

/**
 * A route of ours: only its methods, nothing for a prefetch, private headers on every answer, and one place where
 * failures become an event and an answer. An async handler that fails cannot hang the request on Express 4.
 */
export function createRoute(
  settings: RouteSettings,
  wiring: Wiring,
  handler: (call: RouteCall) => Promise<void>,
): RequestHandler {
  return function cis2Route(req, res, next) {
    // A CORS preflight is the host's to answer.
    if (req.method === 'OPTIONS') {
      next()
      return
    }
    setPrivateHeaders(res)
    const call: RouteCall = { req, res, reference: randomReference() }
    const run = async (): Promise<void> => {
      if (!settings.methods.includes(req.method))
        throw new AccessError('ERR_CIS2_METHOD', undefined, { allow: settings.methods.join(', ') })
      if (isPrefetch(req)) throw new AccessError('ERR_CIS2_PREFETCH')
      await handler(call)
    }
    run()
      .catch((error: unknown) => failRoute(error, call, next, settings, wiring))
      .catch(next)
  }
}

async function failRoute(
  cause: unknown,
  call: RouteCall,
  next: NextFunction,
  settings: RouteSettings,
  wiring: Wiring,
): Promise<void> {
  const error =
    cause instanceof Cis2Error ? cause : new Cis2Error('ERR_CIS2_UNEXPECTED', undefined, { cause })
  // Two requests can fail of one cause (a double click): it is told once.
  const { failureEvent } = settings
  const isNews = error.reference === undefined && !notWorthAnEvent.has(error.code)
  error.reference ??= call.reference
  if (isNews && failureEvent !== undefined) {
    wiring.events.emit(failureEvent, {
      ...describeCall(call, settings.name),
      outcome: 'failure',
      reason: error.code,
    })
  }
  const { name: route, failureKind: kind } = settings
  const failed = { ...call, next, route, kind, events: wiring.events }
  await answerError(error, failed, wiring.config, loginUrl(wiring, call.returnTo))
}

/** What every event says about a request. */
export function describeCall(
  call: Pick<RouteCall, 'req' | 'reference' | 'sub'>,
  route: string,
): { reference: string; route: string; sessionHash?: string; sub?: string } {
  const hash = sessionHash(call.req)
  return {
    reference: call.reference,
    route,
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
