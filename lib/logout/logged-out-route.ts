import type { RequestHandler } from 'express'
import { createRoute } from '../create-route.js'
import { renderLoggedOutPage, sendPage } from '../error-page.js'
import { loginUrl, type Wiring } from '../wiring.js'

/** GET: where the browser lands after logging out. A page, or on to `logout.postLogoutPath`; it never logs anyone out. */
export function createLoggedOutRoute(wiring: Wiring): RequestHandler {
  const { config } = wiring
  return createRoute(
    { name: 'logged-out', methods: ['GET', 'HEAD'], failureEvent: 'logout.failed' },
    wiring,
    async ({ res }) => {
      if (config.postLogoutPath !== undefined) {
        res.statusCode = 303
        res.setHeader('Location', config.basePath + config.postLogoutPath)
        res.end()
        return
      }
      await sendPage(res, 200, config.pages.loggedOut, renderLoggedOutPage, { loginUrl: loginUrl(wiring) })
    },
  )
}
