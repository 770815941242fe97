import type { Request, RequestHandler } from 'express'
import type { FinishedLogin } from '../attempt/logins-in-flight.js'
import { createRoute, requireSession } from '../create-route.js'
import { LoginError } from '../errors.js'
import { redirect } from '../redirect.js'
import { joinSession, readLogin } from '../session/user-session.js'
import type { Wiring } from '../wiring.js'
import { finishLogin } from './finish-login.js'
import { followLogin } from './follow-login.js'
import { callbackMethods, readCallback } from './read-callback.js'

/** Where CIS2 sends the person back: code → tokens → person → session → the page they wanted. */
export function createCallbackRoute(wiring: Wiring): RequestHandler {
  const { attempts, inFlight, provider } = wiring
  const methods = callbackMethods(wiring)
  return createRoute({ name: 'callback', methods, failureEvent: 'login.failed' }, wiring, async (call) => {
    const { response, attempt } = await readCallback(call, wiring)
    requireSession(call.req, wiring)
    const running = inFlight.running(attempt.state)
    if (running) await joinLogin(call.req, running, provider.startBudget())
    else if (attempt.isUsed || inFlight.isUsed(attempt.state)) refuseUnlessLoggedIn(call.req, wiring)
    else {
      await inFlight.run(attempt.state, () => finishLogin(call, response, attempt, wiring))
      attempts.recent.note(call.res, call.req.headers.cookie)
    }
    // 303: the browser must come with GET, also after a form_post.
    redirect(call.res, 303, attempt.returnTo)
  })
}

async function joinLogin(req: Request, running: Promise<FinishedLogin>, signal: AbortSignal): Promise<void> {
  const { sessionId } = await followLogin(running, signal)
  await joinSession(req, sessionId, signal)
}

// The back button after a login: somebody who is logged in is taken where that login led.
function refuseUnlessLoggedIn(req: Request, wiring: Wiring): void {
  if (readLogin(req, wiring) === undefined) throw new LoginError('ERR_CIS2_ATTEMPT_USED')
}
