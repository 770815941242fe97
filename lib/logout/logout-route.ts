import type { RequestHandler } from 'express'
import { createRoute, type RouteCall } from '../create-route.js'
import { AccessError } from '../errors.js'
import { logOut } from '../log-out.js'
import { isFromOwnPages } from '../navigation.js'
import { redirect } from '../redirect.js'
import { unpackLogin } from '../session/packed-login.js'
import type { Cis2SessionRecord } from '../session/session-data.js'
import type { Wiring } from '../wiring.js'
import { buildEndSessionRequest } from './end-session-request.js'

/**
 * POST from our own pages: destroys the session, and only then says so. Needs nothing of CIS2's; with
 * `logout.provider`, the browser goes on to be logged out there, where that can be had. Twice, or by nobody, is no error.
 */
export function createLogoutRoute(wiring: Wiring): RequestHandler {
  const { config } = wiring
  return createRoute(
    // Whatever went wrong, the login was not ended.
    { name: 'logout', methods: ['POST'], failureEvent: 'logout.failed', failureKind: 'stillLoggedIn' },
    wiring,
    async (call) => {
      if (!isFromOwnPages(call.req, config.baseOrigin)) throw new AccessError('ERR_CIS2_CROSS_SITE')
      const login = await logOut(call, 'logout', wiring)
      if (config.clearsSiteData) call.res.setHeader('Clear-Site-Data', '"cache"')
      const atProvider = login && config.logsOutAtProvider ? await providerAddress(login, wiring) : undefined
      answer(call, atProvider ?? config.basePath + config.routes.loggedOut)
    },
  )
}

// The person is logged out here already: CIS2 being down must neither fail nor delay that.
async function providerAddress(login: Cis2SessionRecord, wiring: Wiring): Promise<string | undefined> {
  const { config, provider } = wiring
  const metadata = await provider.metadata(AbortSignal.timeout(patienceMs)).catch(() => undefined)
  return metadata && buildEndSessionRequest(config, metadata, unpackLogin(login.login)?.tokens.idToken)
}

const patienceMs = 2_000

function answer({ req, res }: RouteCall, redirectTo: string): void {
  if (isFromScript(req.headers)) {
    res.json({ loggedOut: true, redirectTo })
    return
  }
  redirect(res, 303, redirectTo)
}

// A form is answered with a page; a script could not do anything with one.
function isFromScript(headers: RouteCall['req']['headers']): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode !== 'navigate'
  if (headers['x-requested-with'] !== undefined) return true
  return headers.accept !== undefined && !/\btext\/html\b/i.test(headers.accept)
}
