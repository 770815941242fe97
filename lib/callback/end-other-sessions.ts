import { describeCall, type RouteCall } from '../create-route.js'
import { withinSignal } from '../deadline.js'
import { LoginError, SessionError } from '../errors.js'
import { endSessions } from '../session/end-sessions.js'
import type { Cis2SessionRecord } from '../session/session-data.js'
import { abandonSession, endSession } from '../session/user-session.js'
import type { Wiring } from '../wiring.js'

/**
 * Ends the person's other sessions, on every process, when this one has begun. Of two logins at once at least one finds
 * the other, and the later one stays: one that finds a later one ends itself.
 *
 * @throws {LoginError} `ERR_CIS2_LOGIN_ENDED` when there is a later one
 * @throws {SessionError} `ERR_CIS2_SESSION_DESTROY`; this login is then taken back, because it would not be the only one
 */
export async function endOtherSessions(
  call: RouteCall,
  login: Cis2SessionRecord,
  signal: AbortSignal,
  { sessions, config, events }: Wiring,
): Promise<void> {
  const { req } = call
  const { sub, loggedInAt } = login
  const store = sessions.storeOf(req)
  if (store === undefined) return
  const registry = sessions.registryFor(store)
  const ownId = req.sessionID
  const isEarlier = (other: Cis2SessionRecord, id: string): boolean =>
    other.loggedInAt < loggedInAt || (other.loggedInAt === loggedInAt && id < ownId)
  let isLatest = true
  const endAll = async (): Promise<readonly string[]> => {
    // On record first: one that is just getting another id either sees this or is found.
    await registry.noteNewest(login)
    const ids = await registry.index.find({ sub })
    return await endSessions(
      ids.filter((id) => id !== ownId),
      {
        store,
        registry,
        client: config.clientTag,
        isMeant(other, id) {
          isLatest &&= isEarlier(other, id)
          return isEarlier(other, id)
        },
      },
    )
  }
  const ended = await withinSignal(endAll(), signal).catch((cause: unknown) => {
    abandonSession(req)
    throw new SessionError('ERR_CIS2_SESSION_DESTROY', "the person's other sessions could not be ended", {
      cause,
    })
  })
  for (const sessionHash of ended)
    events.emit('logout.succeeded', { ...describeCall(call, 'callback'), outcome: 'success', sessionHash })
  if (!isLatest) {
    await endSession(req, signal).catch(() => abandonSession(req))
    throw new LoginError('ERR_CIS2_LOGIN_ENDED', 'the same person has just finished another login')
  }
}
