import type { NextFunction, Request, Response } from 'express'
import type { PublicMessageKind } from './error-codes.js'
import { AccessError, type Cis2Error } from './errors.js'
import { asksForHtml, isPageNavigation } from './navigation.js'
import { present } from './present.js'
import { buildLinks, renderErrorPage, type ErrorPageContext, type PageLink } from './render-error-page.js'
import type { Cis2User } from './user/user.js'
import { sendPage, type Page, type PageCall } from './send-page.js'

export type { ErrorPageContext, PageLink }

/** What the page of an ended session may show. */
export interface SessionEndedPageContext {
  /** Where to log in again; it leads back to the page the person wanted. */
  readonly loginUrl: string
}

/** How failures are answered. */
export interface ErrorAnswerSettings {
  readonly errors: 'respond' | 'next'
  readonly pages: {
    readonly error?: Page<ErrorPageContext>
    readonly sessionEnded?: Page<SessionEndedPageContext>
  }
}

/** What a page offers to somebody who is logged in. */
export interface LoggedInWays {
  /** Where they go on. */
  readonly backUrl: string
  readonly logoutUrl: string
  readonly user: Cis2User
  /** The policy of a page with a form that logs out. */
  readonly policy: string
}

/** The request whose failure is answered. */
interface FailedCall extends Omit<PageCall, 'reference'> {
  readonly req: Request
  readonly next: NextFunction
  /** What any failure means to the person on this route, where the code alone does not say. */
  readonly kind?: PublicMessageKind | undefined
  /** Where the person can choose another role, when that is a way out. */
  readonly changeRoleUrl?: string | undefined
  /** Only of somebody who is logged in. */
  readonly loggedIn?: LoggedInWays | undefined
  /** Whether an event has been raised: a reference without one leads nowhere. */
  readonly hasEvent: boolean
}

const defaultRetryAfterSeconds = 5

/** Headers of every answer of this library's routes but the key set: nobody stores it, and no code leaks in a Referer. */
export function setPrivateHeaders(res: Response): void {
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Referrer-Policy', 'no-referrer')
  res.setHeader('X-Content-Type-Options', 'nosniff')
  if (res.hasHeader('Vary')) res.vary('Cookie')
  else res.setHeader('Vary', 'Cookie')
}

/**
 * Answers a failure: the person gets a page in plain English, a program `application/problem+json` (RFC 9457).
 *
 * @param error must carry its reference already
 */
export async function answerError(
  error: Cis2Error,
  call: FailedCall,
  settings: ErrorAnswerSettings,
  loginUrl: string,
): Promise<void> {
  const { req, res, next } = call
  if (res.headersSent) return
  error.kind = call.kind ?? error.kind
  if (settings.errors === 'next') {
    next(error)
    return
  }
  setPrivateHeaders(res)
  setStatusHeaders(res, error)
  if (!wantsPage(req, error)) {
    sendProblem(call, error, loginUrl)
    return
  }
  const { publicTitle: title, publicMessage: message, code, status, kind, reference = '' } = error
  res.status(status)
  const { changeRoleUrl, loggedIn } = call
  const context = {
    title,
    message,
    code,
    status,
    reference: call.hasEvent ? reference : '',
    loginUrl,
    links: buildLinks(kind, { loginUrl, changeRoleUrl, backUrl: loggedIn?.backUrl }),
    ...present({ changeRoleUrl, logoutUrl: loggedIn?.logoutUrl, user: loggedIn?.user }),
  }
  if (error.code === 'ERR_CIS2_SESSION_EXPIRED' && settings.pages.sessionEnded) {
    const builtIn = (): string => renderErrorPage(context)
    await sendPage(
      { ...call, reference },
      { name: 'sessionEnded', own: settings.pages.sessionEnded, builtIn },
      { loginUrl },
    )
    return
  }
  await sendPage(
    { ...call, reference },
    {
      name: 'error',
      own: settings.pages.error,
      builtIn: renderErrorPage,
      ...present({ policy: loggedIn?.policy }),
    },
    context,
  )
}

function setStatusHeaders(res: Response, error: Cis2Error): void {
  if (error.retryAfterSeconds !== undefined || error.status === 503) {
    res.setHeader('Retry-After', String(error.retryAfterSeconds ?? defaultRetryAfterSeconds))
  }
  if (!(error instanceof AccessError)) return
  if (error.allow !== undefined) res.setHeader('Allow', error.allow)
  if (error.challenge !== undefined) res.setHeader('WWW-Authenticate', error.challenge)
}

// A browser's form_post to the callback is a navigation too, and a person is waiting for its answer.
function wantsPage(req: Request, error: Cis2Error): boolean {
  if (error.code === 'ERR_CIS2_NOT_LOGGED_IN') return false
  if (error.code === 'ERR_CIS2_SESSION_EXPIRED') return isPageNavigation(req)
  const { headers } = req
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  return headers['x-requested-with'] === undefined && asksForHtml(req)
}

function hasChallenge(error: Cis2Error): boolean {
  return error instanceof AccessError && error.challenge !== undefined
}

function sendProblem({ res, route, changeRoleUrl }: FailedCall, error: Cis2Error, loginUrl: string): void {
  const problem = {
    type: 'about:blank',
    title: error.publicTitle,
    status: error.status,
    detail: error.publicMessage,
    code: error.code,
    reference: error.reference,
    ...(error.status === 403 || hasChallenge(error) ? { reason: error.code } : {}),
    ...(error.status === 401 ? { loginUrl } : {}),
    // The session route promises the same members whatever its answer.
    ...(error.status === 401 && route === 'session' ? { loggedIn: false } : {}),
    ...present({ changeRoleUrl }),
  }
  // Not res.json(): it would name the type application/json.
  res.status(error.status).type('application/problem+json').send(JSON.stringify(problem))
}
