import { json, urlencoded, type Request, type RequestHandler } from 'express'
import { isBodyTooLarge } from '../body-too-large.js'
import type { ChooseRolePageContext } from '../config/page-contexts.js'
import { createRoute, requireSession, type RouteCall } from '../create-route.js'
import { withinSignal } from '../deadline.js'
import { AccessError } from '../errors.js'
import { parseReturnTo, returnToOf } from '../login/return-to.js'
import { startLogin } from '../login/start-login.js'
import { asksForHtml, isCertainlyNoNavigation, isFromOwnPages, isPageNavigation } from '../navigation.js'
import { redirect } from '../redirect.js'
import { selectRole } from '../select-role.js'
import { sendPage } from '../send-page.js'
import { readLogin } from '../session/user-session.js'
import type { Cis2User } from '../user/user.js'
import { policyWithCis2 } from '../logged-in-ways.js'
import { loginUrl, publicLocation, roleUrl } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { renderChooseRolePage } from './choose-role-page.js'
import { parseRoleChoice } from './role-choice.js'

/**
 * GET: the person's roles, as a page to choose from or as JSON; with `role.choose: 'cis2'` a navigation goes to CIS2 to
 * choose there. POST from our own pages: works in one of the person's own roles from now on, under a new session id.
 */
export function createRoleRoute(wiring: Wiring): RequestHandler {
  const settings = { name: 'role', methods: ['GET', 'POST'], failureEvent: 'access.denied' } as const
  return createRoute(settings, wiring, async (call) => {
    if (call.req.method === 'POST') await choose(call, wiring)
    else await show(call, wiring)
  })
}

async function show(call: RouteCall, wiring: Wiring): Promise<void> {
  const { req, res } = call
  const returnTo = returnToOf(new URLSearchParams(publicLocation(wiring, req).query), wiring.config)
  call.returnTo = returnTo
  requireSession(req, wiring)
  const user = readLogin(req, wiring)?.user
  if (!isPageNavigation(req)) {
    if (user === undefined) throw new AccessError('ERR_CIS2_NOT_LOGGED_IN')
    res.json({ roles: user.roles, selectedRole: user.selectedRole })
    return
  }
  if (user === undefined) redirect(res, 302, loginUrl(wiring, returnTo))
  else await showPage(call, user, returnTo, wiring)
}

async function showPage(call: RouteCall, user: Cis2User, returnTo: string, wiring: Wiring): Promise<void> {
  const { config } = wiring
  const { sub, roles, selectedRole } = user
  call.sub = sub
  if (roles.length === 0) throw new AccessError('ERR_CIS2_ROLE_NONE')
  if (roles.length === 1 && 'role' in selectedRole) redirect(call.res, 303, returnTo)
  else if (config.choosesRoleAt === 'cis2')
    redirect(call.res, 302, await startLogin(call, { returnTo, changesRole: true }, wiring))
  else await sendChoice(call, 200, { user, returnTo }, wiring)
}

async function sendChoice(
  call: RouteCall,
  status: number,
  choice: Pick<ChooseRolePageContext, 'user' | 'returnTo' | 'error'>,
  wiring: Wiring,
): Promise<void> {
  const { config, events } = wiring
  const { roles, selectedRole } = choice.user
  const page = {
    name: 'chooseRole',
    own: config.pages.chooseRole,
    builtIn: renderChooseRolePage,
    // The form may lead on to a page that steps up.
    policy: policyWithCis2(wiring),
  }
  call.res.status(status)
  await sendPage({ ...call, route: 'role', events }, page, {
    roles,
    selectedRole,
    action: config.basePath + config.routes.role,
    ...choice,
  })
}

async function choose(call: RouteCall, wiring: Wiring): Promise<void> {
  const { req, res } = call
  const { config, provider } = wiring
  if (!isFromOwnPages(req, config.baseOrigin)) throw new AccessError('ERR_CIS2_CROSS_SITE')
  const { roleId, ...choice } = parseRoleChoice(await readBody(call, provider.startBudget()))
  const isJson = req.is('json') === 'json'
  const returnTo = parseReturnTo(choice.returnTo, config)
  call.returnTo = returnTo
  requireSession(req, wiring)
  const login = readLogin(req, wiring)
  if (login !== undefined) {
    call.changeRoleUrl = roleUrl(wiring, returnTo)
    // Nothing failed: they have chosen nothing, and can do so now.
    if (roleId === undefined && login.user.roles.length > 0 && isFromRolePage(req)) {
      await sendChoice(call, 400, { user: login.user, returnTo, error: nothingChosen }, wiring)
      return
    }
    if (roleId === undefined) throw new AccessError('ERR_CIS2_ROLE_MISSING')
  }
  try {
    await selectRole(call, roleId ?? '', 'role', wiring)
  } catch (error) {
    const isNobody = error instanceof AccessError && error.code === 'ERR_CIS2_NOT_LOGGED_IN'
    if (!isNobody || !isFromRolePage(req)) throw error
    redirect(res, 303, loginUrl(wiring, returnTo))
    return
  }
  const user = readLogin(req, wiring)?.user
  if (isJson) res.json({ roles: user?.roles, selectedRole: user?.selectedRole })
  else redirect(res, 303, returnTo)
}

const nothingChosen = 'Select the role you are working in'

/** Whether a person has sent the page's form, and sees the answer. */
function isFromRolePage(req: Request): boolean {
  return req.is('urlencoded') === 'urlencoded' && asksForHtml(req) && !isCertainlyNoNavigation(req)
}

const parseJson = json({ limit: '64kb' })
const parseForm = urlencoded({ extended: false, limit: '64kb', parameterLimit: 20 })

/** The body, also when a parser of the application's own was first. */
async function readBody({ req, res }: RouteCall, signal: AbortSignal): Promise<unknown> {
  for (const parse of [parseJson, parseForm]) {
    const problem = new Promise<unknown>((resolve) => parse(req, res, resolve))
    const cause = await withinSignal(problem, signal).catch((error: unknown) => error)
    if (cause !== undefined) throw bodyError(cause)
  }
  return req.body
}

function bodyError(cause: unknown): AccessError {
  return isBodyTooLarge(cause)
    ? new AccessError('ERR_CIS2_BODY_TOO_LARGE')
    : new AccessError('ERR_CIS2_ROLE_MISSING', 'the posted body cannot be read as a form or as JSON', {
        cause,
      })
}
