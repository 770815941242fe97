import type { RequestHandler } from 'express'
import { createRoute, type RouteCall } from '../create-route.js'
import { AccessError } from '../errors.js'
import { logOut } from '../log-out.js'
import { asksForHtml, isFromOwnPages, isPageNavigation } from '../navigation.js'
import { redirect } from '../redirect.js'
import { sendPage } from '../send-page.js'
import { unpackLogin } from '../session/packed-login.js'
import type { Cis2SessionRecord } from '../session/session-data.js'
import { logoutPolicy } from '../logged-in-ways.js'
import { homeUrl, logoutUrl } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { buildEndSessionRequest } from './end-session-request.js'
import { renderLogoutPage } from './logout-page.js'
import { notAtProvider } from './not-at-provider.js'

const patienceMs = 2_000

/** GET, by a person who opens the address: a page with the form, which changes nothing. POST logs out. */
export function createLogoutRoute(wiring: Wiring): RequestHandler {
  const formRoute = createFormRoute(wiring)
  const postRoute = createPostRoute(wiring)
  return function cis2Logout(req, res, next) {
    const route = isPageNavigation(req) ? formRoute : postRoute
    route(req, res, next)
  }
}

function createFormRoute(wiring: Wiring): RequestHandler {
  const { events } = wiring
  const settings = { name: 'logout', methods: ['GET'], failureEvent: 'logout.failed' } as const
  return createRoute(settings, wiring, async ({ res, reference }) => {
    // Nothing was done: that takes a POST, which the form on this page is.
    res.status(405).setHeader('Allow', 'POST')
    await sendPage(
      { res, reference, route: 'logout', events },
      { name: 'logout', own: undefined, builtIn: renderLogoutPage, policy: logoutPolicy(wiring) },
      { logoutUrl: logoutUrl(wiring), backUrl: homeUrl(wiring) },
    )
  })
}

/**
 * POST from our own pages: destroys the session, and only then says so. Needs nothing of CIS2's; with `logout.provider`,
 * the browser goes on to be logged out there, if CIS2 can be reached. Twice, or by nobody, is no error.
 */
function createPostRoute(wiring: Wiring): RequestHandler {
  const { config } = wiring
  return createRoute(
    // Whatever went wrong, the login was not ended.
    { name: 'logout', methods: ['POST'], failureEvent: 'logout.failed', failureKind: 'stillLoggedIn' },
    wiring,
    async (call) => {
      if (!isFromOwnPages(call.req, config.baseOrigin)) throw new AccessError('ERR_CIS2_CROSS_SITE')
      const login = await logOut(call, 'logout', wiring)
      if (config.clearsSiteData) call.res.setHeader('Clear-Site-Data', '"cache"')
      const here = config.basePath + config.routes.loggedOut
      if (login === undefined || !config.logsOutAtProvider) answer(call, here)
      else answer(call, (await providerAddress(login, wiring)) ?? `${here}?${notAtProvider}`)
    },
  )
}

// The person is logged out here already: CIS2 being down must neither fail nor delay that.
async function providerAddress(login: Cis2SessionRecord, wiring: Wiring): Promise<string | undefined> {
  const { config, provider } = wiring
  const metadata = await provider.metadata(AbortSignal.timeout(patienceMs)).catch(() => undefined)
  return metadata && buildEndSessionRequest(config, metadata, unpackLogin(login.login)?.tokens.idToken)
}

function answer({ req, res }: RouteCall, redirectTo: string): void {
  if (isFromScript(req)) {
    res.json({ loggedOut: true, redirectTo })
    return
  }
  redirect(res, 303, redirectTo)
}

// A form is answered with a page; a script could not do anything with one.
function isFromScript(req: RouteCall['req']): boolean {
  const { headers } = req
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode !== 'navigate'
  if (headers['x-requested-with'] !== undefined) return true
  return headers.accept !== undefined && !asksForHtml(req)
}
