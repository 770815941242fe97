import type { RequestHandler } from 'express'
import { createRoute, requireSession } from '../create-route.js'
import { AccessError } from '../errors.js'
import { isFromOwnPages } from '../navigation.js'
import type { Wiring } from '../wiring.js'
import { hasEndedLogin } from './ended-login.js'
import { extend, secondsLeft } from './session-expiry.js'
import { readLogin } from './user-session.js'

/**
 * GET: how long the login still lasts, without prolonging it: for a page that warns before the end.
 * POST from our own pages: the person is still there.
 */
export function createSessionRoute(wiring: Wiring): RequestHandler {
  const { config } = wiring
  return createRoute(
    { name: 'session', methods: ['GET', 'POST'], failureEvent: undefined },
    wiring,
    ({ req, res }) => {
      const isExtending = req.method === 'POST'
      if (isExtending && !isFromOwnPages(req, config.baseOrigin)) throw new AccessError('ERR_CIS2_CROSS_SITE')
      requireSession(req, wiring)
      const login = readLogin(req, wiring)?.record
      if (isExtending && login === undefined)
        throw new AccessError(
          hasEndedLogin(req.session) ? 'ERR_CIS2_SESSION_EXPIRED' : 'ERR_CIS2_NOT_LOGGED_IN',
        )
      const now = Date.now() / 1000
      if (isExtending && login !== undefined) extend(login, now)
      res.json(
        login === undefined ? { loggedIn: false } : { loggedIn: true, ...secondsLeft(login, config, now) },
      )
    },
  )
}
