import { urlencoded, type Request, type RequestHandler, type Response } from 'express'
import { describeCall } from '../create-route.js'
import { withinSignal } from '../deadline.js'
import { Cis2Error, LogoutTokenError, SessionError } from '../errors.js'
import { randomReference } from '../random.js'
import { endSessions } from '../session/end-sessions.js'
import type { LogoutTarget } from '../session/logout-registry.js'
import type { Wiring } from '../wiring.js'
import { checkLogoutToken, type LogoutToken } from './logout-token.js'

/**
 * POST by CIS2 itself: ends the sessions that a logout token names, on every process (OpenID Connect Back-Channel
 * Logout 1.0, 2.5). It knows nothing of sessions, cookies and CSRF tokens of the request, and reads its own body.
 *
 * Answers: 200 when they are over, also when they were already; 400 for a token that is not right; 503 when the
 * store or CIS2's keys cannot be had, so that CIS2 tries again.
 */
export function createBackChannelLogoutRoute(wiring: Wiring): RequestHandler {
  return function cis2BackChannelLogout(req, res) {
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
  const compact = await readToken(req, res)
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
    sessionsEnded: ended,
  })
}

async function endSessionsOf(
  token: LogoutToken,
  req: Request,
  { sessions, config }: Wiring,
): Promise<number> {
  const store = sessions.storeOf(req)
  if (store === undefined)
    throw new SessionError(
      'ERR_CIS2_SESSION_UNAVAILABLE',
      'no session store has been seen yet: mount the back-channel route after express-session',
    )
  const registry = sessions.registryFor(store)
  const { sid, sub, jti, issuedAt, acceptableUntil } = token
  if (await registry.hasSeenToken(jti)) return 0
  if (sid !== undefined && sub !== undefined && (await registry.isSidOfAnother(sid, sub)))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_SESSION')
  const target: LogoutTarget = sid === undefined ? { sub: sub ?? '' } : { sid }
  // On record first: a login that is being finished right now either sees this or is found below.
  await registry.endLogins(target, issuedAt)
  const count = await endSessions(await registry.sessionsOf(target), {
    store,
    registry,
    client: config.clientTag,
    isMeant: ({ loggedInAt }) => Math.floor(loggedInAt) <= issuedAt,
  })
  // Last, so that a token whose work failed half-way works again.
  await registry.noteToken(jti, acceptableUntil - Date.now() / 1000)
  return count
}

const parseForm = urlencoded({ extended: false, limit: '64kb', parameterLimit: 20 })

async function readToken(req: Request, res: Response): Promise<string> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(req.headers['content-type'] ?? ''))
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', 'the body is not a form')
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (error?: unknown) =>
      error === undefined || error === null
        ? resolve()
        : reject(new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', 'the body cannot be read as a form')),
    )
  })
  // The host's own parser may have been first; what it leaves is the same for this one member.
  const body: unknown = req.body
  const token: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, 'logout_token')
      ? Reflect.get(body, 'logout_token')
      : undefined
  if (typeof token !== 'string' || token === '')
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', 'the form does not have logout_token once')
  return token
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
  if (known instanceof LogoutTokenError) {
    answer(res, 400, 'invalid_request')
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
