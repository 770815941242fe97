import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { describeCall, requireSession } from '../create-route.js'
import { answerError } from '../error-page.js'
import { AccessError, Cis2Error } from '../errors.js'
import { isPageNavigation } from '../navigation.js'
import { present } from '../present.js'
import { randomReference } from '../random.js'
import { redirect } from '../redirect.js'
import { contextOf } from '../request-context.js'
import { publicLocation } from '../wiring.js'

/**
 * The one mechanism behind every guard: nobody → login or 401; somebody the rule does not allow → 403; the
 * application's handler only when the rule says `true`, and nothing like it.
 */
export function guard(rule: (req: Request) => boolean | Promise<boolean>): RequestHandler {
  return function cis2Guard(req: Request, res: Response, next: NextFunction) {
    let allowed: boolean | Promise<boolean>
    try {
      const context = contextOf(req)
      keepOutOfCaches(res)
      if (!context.isLoggedIn) {
        requireSession(req, context.wiring)
        if (context.endedLogin) refuse(new AccessError('ERR_CIS2_SESSION_EXPIRED'), req, res, next)
        else askToLogIn(req, res, next)
        return
      }
      allowed = rule(req)
    } catch (error) {
      refuse(error, req, res, next)
      return
    }
    if (allowed === true) {
      next()
      return
    }
    Promise.resolve(allowed)
      .then((answer) => {
        if (answer === true) next()
        else refuse(new AccessError('ERR_CIS2_ACCESS_DENIED'), req, res, next)
      })
      .catch((error: unknown) => refuse(error, req, res, next))
  }
}

function askToLogIn(req: Request, res: Response, next: NextFunction): void {
  const { wiring } = contextOf(req)
  const { path, query } = publicLocation(wiring, req)
  if (isPageNavigation(req)) {
    res.vary('Cookie')
    redirect(res, 302, contextOf(req).loginUrl(query === '' ? path : `${path}?${query}`))
    return
  }
  refuse(new AccessError('ERR_CIS2_NOT_LOGGED_IN'), req, res, next)
}

function refuse(error: unknown, req: Request, res: Response, next: NextFunction): void {
  const context: unknown = req.cis2
  if (!(error instanceof Cis2Error) || context === undefined) {
    next(error)
    return
  }
  const { wiring } = contextOf(req)
  const { path } = publicLocation(wiring, req)
  error.reference = randomReference()
  const sub = contextOf(req).isLoggedIn ? contextOf(req).user?.sub : undefined
  const call = { req, reference: error.reference, ...present({ sub }) }
  wiring.events.emit('access.denied', { ...describeCall(call, path), outcome: 'failure', reason: error.code })
  const failed = { req, res, next, route: path, events: wiring.events }
  answerError(error, failed, wiring.config, contextOf(req).loginUrl(pageToReturnTo(req))).catch(next)
}

// After a login started from a script's 401, the page that ran the script is the place to be, not its data.
function pageToReturnTo(req: Request): string {
  const { wiring } = contextOf(req)
  const { path, query } = publicLocation(wiring, req)
  const own = query === '' ? path : `${path}?${query}`
  const { referer } = req.headers
  if (referer === undefined || !URL.canParse(referer))
    return req.method === 'GET' ? own : wiring.config.returnToDefault
  const page = new URL(referer)
  if (page.origin !== wiring.config.baseOrigin)
    return req.method === 'GET' ? own : wiring.config.returnToDefault
  return page.pathname + page.search
}

function keepOutOfCaches(res: Response): void {
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store')
}
