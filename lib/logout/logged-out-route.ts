import type { RequestHandler } from 'express'
import { createRoute } from '../create-route.js'
import { sendPage } from '../send-page.js'
import { redirect } from '../redirect.js'
import { readLogin } from '../session/user-session.js'
import { homeUrl, loginUrl, publicLocation } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { renderLoggedOutPage } from './logged-out-page.js'
import { isNotAtProvider } from './not-at-provider.js'

/** GET: where the browser lands after logging out. A page, or on to `logout.postLogoutPath`; it never logs anyone out. */
export function createLoggedOutRoute(wiring: Wiring): RequestHandler {
  const { config } = wiring
  return createRoute(
    { name: 'logged-out', methods: ['GET', 'HEAD'], failureEvent: 'logout.failed' },
    wiring,
    async ({ req, res, reference }) => {
      // Somebody may come here without having logged out: the page would not be true.
      if (readLogin(req, wiring) !== undefined) {
        redirect(res, 303, homeUrl(wiring))
        return
      }
      if (config.postLogoutPath !== undefined) {
        redirect(res, 303, config.basePath + config.postLogoutPath)
        return
      }
      res.status(200)
      await sendPage(
        { res, reference, route: 'logged-out', events: wiring.events },
        { name: 'loggedOut', own: config.pages.loggedOut, builtIn: renderLoggedOutPage },
        {
          loginUrl: loginUrl(wiring),
          mayBeLoggedInAtCis2: isNotAtProvider(publicLocation(wiring, req).query),
        },
      )
    },
  )
}
