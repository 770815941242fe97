import type { Request, RequestHandler, Response } from 'express'
import { describeCall } from '../create-route.js'
import { withinSignal } from '../deadline.js'
import { AccessError, Cis2Error, LogoutTokenError, SessionError } from '../errors.js'
import { FormProblem, postedField, readPostedForm } from '../posted-form.js'
import { randomReference } from '../random.js'
import { endSessions } from '../session/end-sessions.js'
import { hadBegunBy } from '../session/logout-registry.js'
import type { LogoutTarget } from '../session/session-index.js'
import type { Wiring } from '../wiring.js'
import { checkLogoutToken, type LogoutToken } from './logout-token.js'

/**
 * POST by CIS2 itself: ends the sessions that a logout token names, on every process (OpenID Connect Back-Channel
 * Logout 1.0, 2.5). It knows nothing of sessions, cookies and CSRF tokens of the request, and reads its own body.
 *
 * Answers: 200 when they are over, also when they were already; 400 for a token that is not right, 413 for a body of more
 * than 64 KiB; 503 when the store or CIS2's keys cannot be had, so that CIS2 tries again.
 */
export function createBackChannelLogoutRoute(wiring: Wiring): RequestHandler {
  return function cis2BackChannelLogout(req, res) {
    if (res.writableEnded) return
    res.setHeader('Cache-Control', 'no-store')
    res.setHeader('X-Content-Type-Options', 'nosniff')
    if (req.method !== 'POST') {
      res.setHeader('Allow', 'POST')
      answer(res, 405, 'invalid_request')
      return
    }
    const reference = randomReference()
    logOutByToken(req, res, reference, wiring).then(
      () => answer(res, 200),
      (error: unknown) => refuse(error, { req, res, reference }, wiring),
    )
  }
}

async function logOutByToken(req: Request, res: Response, reference: string, wiring: Wiring): Promise<void> {
  const { config, provider, events } = wiring
  const signal = provider.startBudget()
  const compact = await readToken(req, res, signal)
  const metadata = await provider.metadata(signal)
  const token = await checkLogoutToken(compact, {
    issuer: metadata.issuer,
    clientId: config.clientId,
    keys: provider.keys(metadata),
    algorithm: config.idTokenSigningAlgorithm,
    clockToleranceSeconds: config.clockToleranceSeconds,
    signal,
  })
  const ended = await withinSignal(endSessionsOf(token, req, wiring), signal).catch((error: unknown) => {
    throw error instanceof Cis2Error
      ? error
      : new SessionError('ERR_CIS2_SESSION_DESTROY', undefined, { cause: error })
  })
  events.emit('back_channel_logout.received', {
    ...describeToken(token, reference),
    outcome: 'success',
    sessionsEnded: ended.length,
    sessionHashes: ended,
  })
}

async function endSessionsOf(
  token: LogoutToken,
  req: Request,
  { sessions, config }: Wiring,
): Promise<readonly string[]> {
  const store = sessions.storeOf(req)
  if (store === undefined)
    throw new SessionError(
      'ERR_CIS2_SESSION_UNAVAILABLE',
      'no session store has been seen yet: mount the back-channel route after express-session',
    )
  const registry = sessions.registryFor(store)
  const { sid, sub, jti, issuedAt, acceptableUntil } = token
  if (await registry.hasSeenToken(jti)) return []
  if (sid !== undefined && sub !== undefined && (await registry.index.isSidOfAnother(sid, sub)))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_SESSION')
  const target: LogoutTarget = sid === undefined ? { sub: sub ?? '' } : { sid }
  // CIS2's machines may differ by a little. A sid is one session and no other; for a person it is the second that counts,
  // or their next login would be ended too.
  const endedAt = sid === undefined ? issuedAt : issuedAt + config.clockToleranceSeconds
  // On record first: a login that is being finished right now either sees this or is found below.
  await registry.endLogins(target, endedAt)
  const ended = await endSessions(await registry.index.find(target), {
    store,
    registry,
    client: config.clientTag,
    isMeant: (login) => hadBegunBy(login, endedAt),
  })
  // Last, so that a token whose work failed half-way works again.
  await registry.noteToken(jti, acceptableUntil - Date.now() / 1000)
  return ended
}

async function readToken(req: Request, res: Response, signal: AbortSignal): Promise<string> {
  const body = await readPostedForm(req, res, signal).catch((problem: unknown) => {
    throw problem instanceof FormProblem ? formError(problem) : problem
  })
  const [token, ...more] = postedField(body, 'logout_token')
  if (typeof token !== 'string' || token === '' || more.length > 0)
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', 'the form does not have logout_token once')
  return token
}

function formError({ isTooLarge, message }: FormProblem): AccessError | LogoutTokenError {
  return isTooLarge
    ? new AccessError('ERR_CIS2_BODY_TOO_LARGE')
    : new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', message)
}

function refuse(
  error: unknown,
  { req, res, reference }: { req: Request; res: Response; reference: string },
  { events }: Wiring,
): void {
  const known =
    error instanceof Cis2Error
      ? error
      : new SessionError('ERR_CIS2_SESSION_DESTROY', 'the logout could not be carried out', { cause: error })
  events.emit('back_channel_logout.refused', {
    ...describeCall({ req, reference }, 'back-channel-logout'),
    outcome: 'failure',
    reason: known.code,
    message: known.detail,
  })
  if (known instanceof LogoutTokenError || known instanceof AccessError) {
    answer(res, known.status, 'invalid_request')
    return
  }
  res.setHeader('Retry-After', String(known.retryAfterSeconds ?? 5))
  answer(res, 503, 'temporarily_unavailable')
}

function describeToken(
  { sub }: LogoutToken,
  reference: string,
): { reference: string; route: string; sub?: string } {
  return { reference, route: 'back-channel-logout', ...(sub === undefined ? {} : { sub }) }
}

function answer(res: Response, status: number, error?: string): void {
  if (res.headersSent) return
  if (error === undefined) res.status(status).end()
  else res.status(status).json({ error })
}
