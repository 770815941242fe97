import type { Request } from 'express'
import type { OpenedAttempt } from '../attempt/login-attempts.js'
import type { RouteCall } from '../create-route.js'
import { AccessError, LoginError } from '../errors.js'
import { FormProblem, readPostedForm } from '../posted-form.js'
import { printablePath } from '../untrusted-text.js'
import { isAtPath, publicLocation } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import {
  hasResponseParameters,
  parametersOfBody,
  parseAuthorizationResponse,
  type AuthorizationResponse,
} from './authorization-response.js'

/** What CIS2 sent back, and the attempt it answers. */
export interface Callback {
  readonly response: AuthorizationResponse
  readonly attempt: OpenedAttempt
}

/** The methods that the callback comes with. */
export function callbackMethods({ config }: Wiring): readonly string[] {
  return [config.responseMode === 'query' ? 'GET' : 'POST']
}

/**
 * request → the authorization response and the attempt that this browser made; their reference and destination are the
 * call's from then on. Nothing is spent.
 *
 * @throws {LoginError} for another path than `redirectUri`'s, parameters that are no response, a state or cookie that
 *   is none of ours, and `ERR_CIS2_ATTEMPT_EXPIRED`
 */
export async function readCallback(call: RouteCall, wiring: Wiring): Promise<Callback> {
  checkPath(call.req, wiring)
  const response = parseAuthorizationResponse(await readParameters(call, wiring))
  const attempt = wiring.attempts.open(response.state, call.req.headers.cookie)
  call.reference = attempt.reference
  call.returnTo = attempt.returnTo
  if (attempt.isExpired) throw new LoginError('ERR_CIS2_ATTEMPT_EXPIRED', describeStart(attempt))
  return { response, attempt }
}

function describeStart({ startedAt }: OpenedAttempt): string | undefined {
  const secondsAhead = Math.round((startedAt - Date.now()) / 1000)
  if (secondsAhead < 0) return undefined
  return `the login was started ${secondsAhead} seconds in the future: this machine's clock was set back, or another one's is ahead`
}

function checkPath(req: Request, wiring: Wiring): void {
  const { redirectPath } = wiring.config
  if (isAtPath(wiring, req, redirectPath)) return
  const { path } = publicLocation(wiring, req)
  throw new LoginError(
    'ERR_CIS2_CALLBACK_PATH',
    `the callback arrived at ${JSON.stringify(printablePath(path))}; redirectUri ends in ${JSON.stringify(redirectPath)}`,
  )
}

async function readParameters({ req, res }: RouteCall, wiring: Wiring): Promise<URLSearchParams> {
  const query = new URLSearchParams(publicLocation(wiring, req).query)
  if (wiring.config.responseMode === 'query') return query
  if (hasResponseParameters(query))
    throw new LoginError(
      'ERR_CIS2_RESPONSE_MODE',
      'the query carries an authorization response beside the form',
    )
  const body = await readPostedForm(req, res, wiring.provider.startBudget()).catch((problem: unknown) => {
    throw problem instanceof FormProblem ? formError(problem) : problem
  })
  return parametersOfBody(body)
}

function formError({ isTooLarge, message, cause }: FormProblem): AccessError | LoginError {
  return isTooLarge
    ? new AccessError('ERR_CIS2_BODY_TOO_LARGE')
    : new LoginError('ERR_CIS2_RESPONSE_MODE', message, { cause })
}
