import type { Request } from 'express'
import { describeCall } from './create-route.js'
import { withinSignal } from './deadline.js'
import { randomReference } from './random.js'
import { noteEndedLogin } from './session/ended-login.js'
import type { Cis2SessionRecord } from './session/session-data.js'
import { replaceSession } from './session/user-session.js'
import { publicLocation } from './public-urls.js'
import type { Wiring } from './wiring.js'

/** Ends a login whose time is over, and leaves word for the person. Whatever fails, this request is nobody's. */
export async function endExpiredLogin(
  req: Request,
  record: Cis2SessionRecord,
  wiring: Wiring,
): Promise<void> {
  const call = { req, reference: randomReference(), sub: record.sub }
  wiring.events.emit('session.expired', {
    ...describeCall(call, publicLocation(wiring, req).path),
    outcome: 'success',
  })
  wiring.people.forget(record.login)
  const { sessionID } = req
  const signal = wiring.provider.startBudget()
  // The login goes first: if the store fails now, this request is nobody's all the same.
  delete req.session.cis2
  // A request still in flight, whose person was active until just now, must not write it back.
  await withinSignal(wiring.sessions.end(req, sessionID), signal).catch(() => undefined)
  await replaceSession(req, signal).catch(() => undefined)
  wiring.sessions.forget(req, sessionID, record)
  noteEndedLogin(req.session)
}
