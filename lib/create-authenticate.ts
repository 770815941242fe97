import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { useDictionaryMode } from './dictionary-mode.js'
import { endExpiredLogin } from './end-expired-login.js'
import { isPrefetch } from './navigation.js'
import { RequestContext } from './request-context.js'
import { isExpired, noteActivity } from './session/session-expiry.js'
import { readSession } from './session/user-session.js'
import { asRouted, isAtPath, publicLocation } from './public-urls.js'
import type { Wiring } from './wiring.js'

/** Attaches `req.cis2`, and ends a login whose time is over. */
export function createAuthenticate(wiring: Wiring, passportStyle: (req: Request) => void): RequestHandler {
  const { config } = wiring
  return function cis2Authenticate(req: Request, res: Response, next: NextFunction) {
    const attached: unknown = req.cis2
    if (attached instanceof RequestContext && attached.wiring === wiring) {
      next()
      return
    }
    useDictionaryMode(req, res)
    const context = new RequestContext(req, res, wiring)
    req.cis2 = context
    if (config.passportStyle) passportStyle(req)
    wiring.sessions.protect(req)
    const record = readSession(req, config.clientTag)
    const now = Date.now() / 1000
    if (record === undefined || !isExpired(record, config, now)) {
      if (record) {
        noteActivity(record, config, now, () => isActivity(req, wiring))
        // The login has stuck.
        wiring.attempts.recent.forget(res, req.headers.cookie)
      }
      next()
      return
    }
    endExpiredLogin(req, record, wiring).then(() => next(), next)
  }
}

/** A page that asks how long the login lasts, or polls, is not the person; nor is a browser that fetches ahead. */
function isActivity(req: Request, wiring: Wiring): boolean {
  if (isPrefetch(req)) return false
  const { basePath, routes, pollingPaths } = wiring.config
  if (isAtPath(wiring, req, basePath + routes.session, asRouted)) return false
  const { path } = publicLocation(wiring, req)
  return !pollingPaths.some((polling) =>
    polling.endsWith('*') ? path.startsWith(polling.slice(0, -1)) : path === polling,
  )
}
