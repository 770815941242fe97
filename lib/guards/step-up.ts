import type { NextFunction, Request, Response } from 'express'
import { setPrivateHeaders } from '../error-page.js'
import { AccessError } from '../errors.js'
import { parseReturnTo } from '../login/return-to.js'
import { startLogin } from '../login/start-login.js'
import { isPageNavigation, isPrefetch } from '../navigation.js'
import { present } from '../present.js'
import { randomReference } from '../random.js'
import { redirect } from '../redirect.js'
import { contextOf } from '../request-context.js'
import { acrValuesFor, lacksOnlyAge } from '../user/assurance.js'
import { publicAddress } from '../public-urls.js'
import type { AssuranceDemand, LiftableDenial } from './denial.js'
import { refuse } from './refuse.js'

/** Sends a page navigation to CIS2 for a stronger or newer login; tells anything else what it needs (RFC 9470). */
export function stepUp(
  { reason, demand }: LiftableDenial,
  req: Request,
  res: Response,
  next: NextFunction,
): void {
  const { wiring, user } = contextOf(req)
  if (user === undefined) {
    refuse(new AccessError('ERR_CIS2_NOT_LOGGED_IN'), req, res, next)
    return
  }
  const { authentication, maxAuthAgeSeconds: maxAgeSeconds } = demand
  const stepUp = { sub: user.sub, ...present({ authentication, maxAgeSeconds }) }
  if (!isPageNavigation(req)) {
    const challenge = buildChallenge(demand, wiring.config.acrValues)
    const error = new AccessError(reason, undefined, { challenge })
    if (error.kind === 'stepUp' && lacksOnlyAge(user, authentication)) error.kind = 'stepUpAge'
    refuse(error, req, res, next, `stepUp=${wiring.attempts.sealStepUp(stepUp)}`)
    return
  }
  if (isPrefetch(req)) {
    refuse(new AccessError('ERR_CIS2_PREFETCH'), req, res, next)
    return
  }
  // Whatever the application allows its page: this answer is one person's, and used once.
  setPrivateHeaders(res)
  const returnTo = parseReturnTo(publicAddress(wiring, req), wiring.config)
  const call = { req, res, reference: randomReference(), sub: user.sub }
  startLogin(call, { returnTo, stepUp }, wiring)
    .then((address) => redirect(res, 302, address))
    .catch((error: unknown) => refuse(error, req, res, next))
}

/** RFC 9470, 3: what a request is answered with whose authentication does not suffice. */
function buildChallenge(demand: AssuranceDemand, configured: readonly string[]): string {
  const { authentication, maxAuthAgeSeconds } = demand
  const parameters = [
    'error="insufficient_user_authentication"',
    'error_description="A stronger or more recent login is required"',
    ...(authentication === undefined
      ? []
      : [`acr_values="${acrValuesFor(authentication, configured).join(' ')}"`]),
    ...(maxAuthAgeSeconds === undefined ? [] : [`max_age="${Math.ceil(maxAuthAgeSeconds)}"`]),
  ]
  return `Bearer ${parameters.join(', ')}`
}
