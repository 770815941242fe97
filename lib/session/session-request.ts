import type { IncomingMessage } from 'node:http'
import type { Session, SessionData, Store } from 'express-session'

/** A request as express-session leaves it, or as it came when express-session could not or did not run. */
export interface SessionRequest extends IncomingMessage {
  session?: Session & Partial<SessionData>
  sessionID?: string
  sessionStore?: Store
}
