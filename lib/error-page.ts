import type { NextFunction, Request, Response } from 'express'
import type { Cis2ErrorCode } from './error-codes.js'
import { AccessError, ConfigurationError, type Cis2Error } from './errors.js'
import { isPageNavigation } from './navigation.js'
import { escapeHtml, ownPagePolicy, renderPage } from './page-layout.js'

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
    readonly error?: (context: ErrorPageContext) => string | Promise<string>
    readonly sessionEnded?: (context: SessionEndedPageContext) => string | Promise<string>
  }
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
  call: { req: Request; res: Response; next: NextFunction },
  settings: ErrorAnswerSettings,
  loginUrl: string,
): Promise<void> {
  const { req, res, next } = call
  if (res.headersSent) return
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
  const { title, message } = { title: error.publicTitle, message: error.publicMessage }
  const context = {
    title,
    message,
    code: error.code,
    status: error.status,
    reference: error.reference ?? '',
    loginUrl,
  }
  if (error.code === 'ERR_CIS2_SESSION_EXPIRED' && settings.pages.sessionEnded)
    await sendPage(res, error.status, settings.pages.sessionEnded, () => renderErrorPage(context), {
      loginUrl,
    })
  else await sendPage(res, error.status, settings.pages.error, renderErrorPage, context)
}

/** Sends the host's page, or the built-in one when there is none or it fails: a person never sees a broken page. */
export async function sendPage<Context>(
  res: Response,
  status: number,
  ownPage: ((context: Context) => string | Promise<string>) | undefined,
  builtIn: (context: Context) => string,
  context: Context,
): Promise<Cis2Error | undefined> {
  let failure: Cis2Error | undefined
  let html: unknown
  try {
    html = await ownPage?.(context)
    if (ownPage && typeof html !== 'string')
      failure = new ConfigurationError(
        'ERR_CIS2_PAGE',
        `pages: your function returned ${typeof html} instead of text`,
      )
  } catch (cause) {
    failure = new ConfigurationError('ERR_CIS2_PAGE', undefined, { cause })
  }
  if (typeof html !== 'string') {
    res.setHeader('Content-Security-Policy', ownPagePolicy)
    html = builtIn(context)
  }
  res.status(status).type('html').send(html)
  return failure
}

function setStatusHeaders(res: Response, error: Cis2Error): void {
  if (error.retryAfterSeconds !== undefined || error.status === 503) {
    res.setHeader('Retry-After', String(error.retryAfterSeconds ?? defaultRetryAfterSeconds))
  }
  if (error instanceof AccessError && error.allow !== undefined) res.setHeader('Allow', error.allow)
}

// A browser's form_post to the callback is a navigation too, and a person is waiting for its answer.
function wantsPage(req: Request, error: Cis2Error): boolean {
  if (error.status === 401 && error.code === 'ERR_CIS2_NOT_LOGGED_IN') return false
  if (isPageNavigation(req)) return true
  return (
    req.headers['sec-fetch-mode'] === 'navigate' ||
    (req.headers['sec-fetch-mode'] === undefined && /\btext\/html\b/i.test(req.headers.accept ?? ''))
  )
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

function renderErrorPage({ title, message, code, reference, loginUrl, status }: ErrorPageContext): string {
  const way =
    status === 403 && code === 'ERR_CIS2_ACCESS_DENIED'
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
