import type { LoginsInFlight } from '../attempt/logins-in-flight.js'
import { followLogin } from '../callback/follow-login.js'
import { readCallback, type Callback } from '../callback/read-callback.js'
import { describeStrength, verifyLogin, type VerifiedLogin } from '../callback/verify-login.js'
import type { RouteCall } from '../create-route.js'
import { LoginError } from '../errors.js'
import type { Wiring } from '../wiring.js'
import type { Cis2StrategyActions } from './strategy-actions.js'
import { verifyUser, type Cis2Verify } from './verify-user.js'

/** What Passport is told in the end, once and outside of everything that can still fail. */
export type Answer = (actions: Cis2StrategyActions) => void

interface PassportLogins {
  readonly wiring: Wiring
  readonly verify: Cis2Verify
  /** Verifies a double click once; either request may log in, for both come from the browser with the attempt's cookie. */
  readonly inFlight: LoginsInFlight<VerifiedLogin>
}

/**
 * callback → the person, as the application takes them in.
 *
 * @throws {LoginError} one code per check
 * @throws {ProviderError} when CIS2 does not do its part
 * @throws {VerifyRefusal} {VerifyFailure} what the application says
 */
export async function finishPassportLogin(call: RouteCall, logins: PassportLogins): Promise<Answer> {
  const callback = await readCallback(call, logins.wiring)
  const { returnTo, reference } = callback.attempt
  const login = await verifyOnce(call, callback, logins)
  if (login === 'used') {
    // The back button after a login: somebody who is logged in is taken where that login led.
    if (!call.req.isAuthenticated()) throw new LoginError('ERR_CIS2_ATTEMPT_USED')
    return (actions) => actions.redirect(returnTo, 303)
  }
  const { sub } = login.user
  call.sub = sub
  const accepted = await verifyUser(logins.verify, call.req, login.user, login.tokens)
  // No session in it: the new one is Passport's to make, and the old one is not this login's.
  logins.wiring.events.emit('login.succeeded', {
    reference,
    route: 'callback',
    outcome: 'success',
    sub,
    ...describeStrength(login.user),
  })
  return (actions) => actions.success(accepted.user, { returnTo, reference, ...accepted.info })
}

async function verifyOnce(
  call: RouteCall,
  { response, attempt }: Callback,
  { wiring, inFlight }: PassportLogins,
): Promise<VerifiedLogin | 'used'> {
  const signal = wiring.provider.startBudget()
  const running = inFlight.running(attempt.state)
  if (running) return await followLogin(running, signal)
  if (attempt.isUsed || wiring.inFlight.isUsed(attempt.state)) return 'used'
  return await inFlight.run(attempt.state, () => verifyLogin(call, response, attempt, signal, wiring))
}
