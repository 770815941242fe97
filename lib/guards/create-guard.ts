import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { requireSession } from '../create-route.js'
import { AccessError, ConfigurationError } from '../errors.js'
import { isPageNavigation, isPrefetch } from '../navigation.js'
import { redirect } from '../redirect.js'
import { contextOf, type RequestContext } from '../request-context.js'
import type { SessionRequest } from '../session/session-request.js'
import type { Cis2User } from '../user/user.js'
import { publicAddress } from '../public-urls.js'
import type { Denial } from './denial.js'
import { refuse } from './refuse.js'
import { stepUp } from './step-up.js'

/** `true` lets through, and nothing else does. */
export type Verdict = true | Denial

/** A rule about somebody who is logged in, asked anew on every request. */
export type Rule = (user: Cis2User, req: Request) => Verdict | Promise<Verdict>

const rules = new WeakMap<RequestHandler, Rule>()

/**
 * The one mechanism behind every guard: nobody → login or 401; somebody the rule does not allow → 403, or to CIS2 for a
 * stronger login; the application's handler only when the rule says `true`, and nothing like it.
 */
export function createGuard(rule: Rule): RequestHandler {
  function cis2Guard(req: Request, res: Response, next: NextFunction): void {
    // The application has answered already, as after a time-out of its own.
    if (res.writableEnded) return
    const login = loginIn(req)
    let context: RequestContext
    let verdict: Verdict | Promise<Verdict>
    try {
      context = contextOf(req)
      keepOutOfCaches(res)
      const { user } = context
      if (user === undefined) {
        requireSession(req, context.wiring)
        // Not even told that the login has ended: nobody may ever look at the answer.
        if (isPrefetch(req)) refuse(new AccessError('ERR_CIS2_PREFETCH'), req, res, next)
        else if (context.hasEndedLogin) tellOfEnd(context, req, res, next)
        else askToLogIn(req, res, next)
        return
      }
      verdict = rule(user, req)
    } catch (error) {
      refuse(error, req, res, next)
      return
    }
    // A rule may end the login, for what it has found out about it.
    if (verdict === true && loginIn(req) !== login) askToLogIn(req, res, next)
    else if (verdict === true) next()
    else if (verdict instanceof Promise)
      verdict
        .then(
          (answer) => {
            if (res.writableEnded) return
            // A rule that takes its time may outlast the login, or end it.
            if (context.user === undefined) askToLogIn(req, res, next)
            else if (answer === true) next()
            else deny(answer, req, res, next)
          },
          (error: unknown) => refuse(error, req, res, next),
        )
        .catch(next)
    else deny(verdict, req, res, next)
  }
  rules.set(cis2Guard, rule)
  return cis2Guard
}

/**
 * The rule of a guard that was made here, for guards that are made of others.
 *
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` for any other function: nobody could say what it allows
 */
export function ruleOf(guard: RequestHandler, name: string): Rule {
  const rule = typeof guard === 'function' ? rules.get(guard) : undefined
  if (rule) return rule
  throw new ConfigurationError(
    'ERR_CIS2_GUARD',
    `${name} takes guards of this library, such as requireRole('R8000'), and none with exceptions; a rule of your own goes into requireUser`,
  )
}

function loginIn({ session }: SessionRequest): unknown {
  return session?.cis2
}

function deny({ reason, demand }: Denial, req: Request, res: Response, next: NextFunction): void {
  if (demand === undefined) refuse(new AccessError(reason), req, res, next)
  else stepUp({ reason, demand }, req, res, next)
}

// Until the person has been told: a script that happens to ask first may not show it to them.
function tellOfEnd(context: RequestContext, req: Request, res: Response, next: NextFunction): void {
  if (isPageNavigation(req)) context.forgetEndedLogin()
  refuse(new AccessError('ERR_CIS2_SESSION_EXPIRED'), req, res, next)
}

function askToLogIn(req: Request, res: Response, next: NextFunction): void {
  const context = contextOf(req)
  if (isPageNavigation(req)) {
    res.vary('Cookie')
    redirect(res, 302, context.loginUrl(publicAddress(context.wiring, req)))
    return
  }
  refuse(new AccessError('ERR_CIS2_NOT_LOGGED_IN'), req, res, next)
}

function keepOutOfCaches(res: Response): void {
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store')
}
