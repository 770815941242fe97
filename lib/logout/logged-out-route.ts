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
    async ({ res, reference }) => {
      if (config.postLogoutPath !== undefined) {
        res.statusCode = 303
        res.setHeader('Location', config.basePath + config.postLogoutPath)
        res.end()
        return
      }
      res.status(200)
      await sendPage(
        { res, reference, route: 'logged-out', events: wiring.events },
        { name: 'loggedOut', own: config.pages.loggedOut, builtIn: renderLoggedOutPage },
        { loginUrl: loginUrl(wiring) },
      )
    },
  )
}
