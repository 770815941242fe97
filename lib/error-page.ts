import type { NextFunction, Request, Response } from 'express'
import type { Cis2ErrorCode, PublicMessageKind } from './error-codes.js'
import { AccessError, type Cis2Error } from './errors.js'
import { isPageNavigation } from './navigation.js'
import { escapeHtml, renderPage } from './page-layout.js'
import { sendPage, type Page, type PageCall } from './send-page.js'

/** What an error page may show. Nothing in it is secret, and nothing in it came from CIS2 or the browser. */
export interface ErrorPageContext {
  /** A short heading in plain English. */
  readonly title: string
  /** What happened and what to do, in plain English. */
  readonly message: string
  /** The stable code, for the service desk. */
  readonly code: Cis2ErrorCode
  /** The HTTP status. */
  readonly status: number
  /** The same reference as in the event and on the error. */
  readonly reference: string
  /** Where to start again; it leads back to the page the person wanted. */
  readonly loginUrl: string
}

/** What the logged-out page may show. */
export interface LoggedOutPageContext {
  readonly loginUrl: string
}

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

/** The request whose failure is answered. */
interface FailedCall extends Omit<PageCall, 'reference'> {
  readonly req: Request
  readonly next: NextFunction
  /** What any failure means to the person on this route, where the code alone does not say. */
  readonly kind?: PublicMessageKind | undefined
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
    sendProblem(res, error, loginUrl)
    return
  }
  const { publicTitle: title, publicMessage: message, code, status, kind, reference = '' } = error
  res.status(status)
  const builtInContext = { title, message, code, status, reference, loginUrl }
  if (error.code === 'ERR_CIS2_SESSION_EXPIRED' && settings.pages.sessionEnded) {
    const builtIn = (): string => renderErrorPage(builtInContext, kind)
    await sendPage(
      { ...call, reference },
      { name: 'sessionEnded', own: settings.pages.sessionEnded, builtIn },
      { loginUrl },
    )
    return
  }
  await sendPage(
    { ...call, reference },
    { name: 'error', own: settings.pages.error, builtIn: (context) => renderErrorPage(context, kind) },
    builtInContext,
  )
}

function setStatusHeaders(res: Response, error: Cis2Error): void {
  if (error.retryAfterSeconds !== undefined || error.status === 503) {
    res.setHeader('Retry-After', String(error.retryAfterSeconds ?? defaultRetryAfterSeconds))
  }
  if (error instanceof AccessError && error.allow !== undefined) res.setHeader('Allow', error.allow)
}

// A browser's form_post to the callback is a navigation too, and a person is waiting for its answer.
function wantsPage(req: Request, error: Cis2Error): boolean {
  if (error.code === 'ERR_CIS2_NOT_LOGGED_IN') return false
  if (error.code === 'ERR_CIS2_SESSION_EXPIRED') return isPageNavigation(req)
  const { headers } = req
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  return headers['x-requested-with'] === undefined && /\btext\/html\b/i.test(headers.accept ?? '')
}

function sendProblem(res: Response, error: Cis2Error, loginUrl: string): void {
  const problem = {
    type: 'about:blank',
    title: error.publicTitle,
    status: error.status,
    detail: error.publicMessage,
    code: error.code,
    reference: error.reference,
    ...(error.status === 401 ? { loginUrl } : {}),
  }
  // Not res.json(): it would name the type application/json.
  res.status(error.status).type('application/problem+json').send(JSON.stringify(problem))
}

// A login is no way out for somebody who is logged in already.
const withoutLoginLink: readonly PublicMessageKind[] = ['denied', 'stillLoggedIn']

function renderErrorPage(context: ErrorPageContext, kind: PublicMessageKind): string {
  const { title, message, code, reference, loginUrl } = context
  const way = withoutLoginLink.includes(kind)
    ? ''
    : `      <p><a href="${escapeHtml(loginUrl)}">Log in with your Care Identity</a></p>\n`
  return renderPage(
    title,
    `      <p>${escapeHtml(message)}</p>\n${way}      <p>If you contact your IT service desk, tell them this reference: <strong>${escapeHtml(reference)}</strong> (${code})</p>`,
  )
}

/** The built-in page after logging out. */
export function renderLoggedOutPage({ loginUrl }: LoggedOutPageContext): string {
  return renderPage(
    'You have logged out',
    `      <p>Close your browser if you are on a shared computer.</p>\n      <p><a href="${escapeHtml(loginUrl)}">Log in again</a></p>`,
  )
}
