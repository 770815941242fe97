import { reportFailure, type RouteCall } from '../create-route.js'
import { AccessError, LoginError } from '../errors.js'
import { thrownError } from '../thrown-error.js'
import type { Wiring } from '../wiring.js'
import type { Answer } from './finish-passport-login.js'
import { createLoginFailure } from './login-failure.js'
import { VerifyFailure, VerifyRefusal } from './verify-user.js'

/**
 * A refusal is Passport's `fail`, which the application may turn into a redirect or a message; a fault is `error`, which
 * goes to its error handler. Both are in the audit stream.
 */
export function failRequest(
  cause: unknown,
  call: RouteCall,
  route: 'login' | 'callback',
  wiring: Wiring,
): Answer {
  const settings = { name: route, failureEvent: 'login.failed' } as const
  if (cause instanceof VerifyFailure) {
    reportFailure(cause.thrown, call, settings, wiring)
    return (actions) => actions.error(thrownError(cause.thrown))
  }
  const isRefusal = cause instanceof VerifyRefusal
  const thrown = isRefusal ? new AccessError('ERR_CIS2_ACCESS_DENIED') : cause
  const error = reportFailure(thrown, call, settings, wiring)
  if (!(error instanceof LoginError || error instanceof AccessError)) return (actions) => actions.error(error)
  const failure = createLoginFailure(error, call.returnTo)
  if (isRefusal) Object.assign(failure, cause.info)
  return (actions) => actions.fail(failure, error.status)
}
