import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import session, { type Store } from 'express-session'
import type { SessionRequest } from '../../lib/session/session-request.js'
import { SessionStores } from '../../lib/session/session-stores.js'

function requestWith(sessionStore: Store): SessionRequest {
  return Object.assign(new IncomingMessage(new Socket()), { sessionStore })
}

describe('two session stores in one application', () => {
  it('are kept apart, whichever was seen last', () => {
    const settings = { clientTag: 'tag', recordStore: undefined, absoluteTimeoutSeconds: 60, requestMs: 1000 }
    const sessions = new SessionStores(settings)
    const [first, second] = [new session.MemoryStore(), new session.MemoryStore()]
    const [ofFirst, ofSecond] = [requestWith(first), requestWith(second)]
    sessions.protect(ofFirst)
    sessions.protect(ofSecond)
    expect(sessions.storeOf(ofFirst)).toBe(first)
    expect(sessions.storeOf(ofSecond)).toBe(second)
    expect(ofFirst.sessionStore).not.toBe(first)
  })
})
