import { randomUUID } from 'node:crypto'
import type { ErrorRequestHandler, Request } from 'express'
import { AccessError, PlatformError } from 'express-cis2'
import { ApiFailure } from './api-failure.js'

/** Tells a person why the API platform gave no answer, and shows a way out. */
export function answerPlatformError(): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent || !isAboutPlatform(error)) {
      next(error)
      return
    }
    const { code, status, publicTitle: title, publicMessage: message } = error
    if (code === 'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN') {
      res.redirect(303, `/cis2/role?returnTo=${encodeURIComponent(req.originalUrl)}`)
      return
    }
    const reference = error.reference ?? randomUUID()
    console.error(`The API platform gave no answer, reference ${reference}: ${error.message}`)
    res.status(status).set('Cache-Control', 'no-store')
    res.render('api-platform-error', { title, message, code, reference, wayOut: wayOut(error, req) })
  }
}

// A login that ended meanwhile is told here too. Everything else is unexpected.
function isAboutPlatform(error: unknown): error is PlatformError | AccessError | ApiFailure {
  return error instanceof PlatformError || error instanceof AccessError || error instanceof ApiFailure
}

function wayOut(
  { status, code }: PlatformError | AccessError | ApiFailure,
  { cis2, originalUrl }: Request,
): { text: string; href: string } | undefined {
  // The login goes on, and is no good for the platform: only a new one helps.
  if (status === 401 || code === 'ERR_CIS2_PLATFORM_NOT_AUTHORISED')
    return { text: 'Log in again', href: `${cis2.loginUrl(originalUrl)}&reauthenticate=true` }
  return status >= 500 ? { text: 'Try again', href: originalUrl } : undefined
}
