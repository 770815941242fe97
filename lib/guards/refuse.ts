import type { NextFunction, Request, Response } from 'express'
import { describeCall } from '../create-route.js'
import { withoutEvent } from '../error-codes.js'
import { answerError } from '../error-page.js'
import { Cis2Error } from '../errors.js'
import { present } from '../present.js'
import { randomReference } from '../random.js'
import { contextOf } from '../request-context.js'
import { thrownError } from '../thrown-error.js'
import { loggedInWays } from '../logged-in-ways.js'
import { publicAddress, publicLocation, roleUrl } from '../public-urls.js'

/**
 * Answers a request that a guard does not let through. An error that is not ours is the application's own.
 *
 * @param loginQuery what the link to log in says besides, such as `stepUp=…`. @default nothing: a plain login
 */
export function refuse(
  error: unknown,
  req: Request,
  res: Response,
  next: NextFunction,
  loginQuery?: string,
): void {
  const attached: unknown = req.cis2
  if (!(error instanceof Cis2Error) || attached === undefined) {
    next(thrownError(error))
    return
  }
  const context = contextOf(req)
  const { wiring, user } = context
  const { path } = publicLocation(wiring, req)
  error.reference = randomReference()
  const call = { req, reference: error.reference, ...present({ sub: user?.sub }) }
  const hasEvent = !withoutEvent.has(error.code)
  if (hasEvent)
    wiring.events.emit('access.denied', {
      ...describeCall(call, path),
      outcome: 'failure',
      reason: error.code,
    })
  const returnTo = pageToReturnTo(req)
  const changeRoleUrl = isAboutRole(error) && user && hasChoice(user) ? roleUrl(wiring, returnTo) : undefined
  const loggedIn = user && loggedInWays(user, wiring)
  const failed = { req, res, next, route: path, events: wiring.events, changeRoleUrl, loggedIn, hasEvent }
  const loginUrl = context.loginUrl(returnTo) + (loginQuery === undefined ? '' : `&${loginQuery}`)
  answerError(error, failed, wiring.config, loginUrl).catch(next)
}

// What a rule of the application's own looks at, nobody knows.
function isAboutRole({ status, code }: Cis2Error): boolean {
  return status === 403 && code !== 'ERR_CIS2_ACCESS_DENIED'
}

// Also of one role, when what was chosen is another.
function hasChoice({ roles, selectedRole }: NonNullable<Request['cis2']['user']>): boolean {
  return roles.length > 1 || (roles.length === 1 && selectedRole.outcome === 'unknown')
}

// After a login started from a script's 401, the page that ran the script is the place to be, not its data.
function pageToReturnTo(req: Request): string {
  const { wiring } = contextOf(req)
  const { baseOrigin, returnToDefault } = wiring.config
  const { referer = '' } = req.headers
  const page = URL.canParse(referer) ? new URL(referer) : undefined
  if (page?.origin === baseOrigin) return page.pathname + page.search
  return req.method === 'GET' ? publicAddress(wiring, req) : returnToDefault
}
