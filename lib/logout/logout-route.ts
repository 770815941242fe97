import type { RequestHandler } from 'express'
import { createRoute, describeCall, requireSession, type RouteCall } from '../create-route.js'
import { AccessError } from '../errors.js'
import { isFromOwnPages } from '../navigation.js'
import { clearSessionCookie, findSessionCookie } from '../session/session-cookie.js'
import { endSession, readSession } from '../session/user-session.js'
import type { Wiring } from '../wiring.js'

/**
 * POST from our own pages: destroys the session, and only then says so. Needs nothing of CIS2's. Twice, or by
 * nobody, is no error.
 */
export function createLogoutRoute(wiring: Wiring): RequestHandler {
  const { config, events, provider } = wiring
  return createRoute(
    // Whatever went wrong, the login was not ended.
    { name: 'logout', methods: ['POST'], failureEvent: 'logout.failed', failureKind: 'stillLoggedIn' },
    wiring,
    async (call) => {
      const { req, res } = call
      if (!isFromOwnPages(req, config.baseOrigin)) throw new AccessError('ERR_CIS2_CROSS_SITE')
      requireSession(req, wiring)
      const record = readSession(req, config.clientId)
      if (record !== undefined) {
        call.sub = record.sub
        const description = describeCall(call, 'logout')
        const cookie = findSessionCookie(req)
        await endSession(req, provider.startBudget())
        clearSessionCookie(res, cookie)
        events.emit('logout.succeeded', { ...description, outcome: 'success' })
      }
      answer(call, config.basePath + config.routes.loggedOut)
    },
  )
}

function answer({ req, res }: RouteCall, redirectTo: string): void {
  if (isFromScript(req.headers)) {
    res.json({ loggedOut: true, redirectTo })
    return
  }
  res.statusCode = 303
  res.setHeader('Location', redirectTo)
  res.end()
}

// A form is answered with a page; a script could not do anything with one.
function isFromScript(headers: RouteCall['req']['headers']): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode !== 'navigate'
  if (headers['x-requested-with'] !== undefined) return true
  return headers.accept !== undefined && !/\btext\/html\b/i.test(headers.accept)
}
