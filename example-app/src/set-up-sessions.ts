import { randomBytes } from 'node:crypto'
import type { Express } from 'express'
import session from 'express-session'
import { openSessionStore } from './session-store.js'
import type { Settings } from './settings.js'

/** Sessions in the store that the settings name. Resolves with what closes its connections. */
export async function setUpSessions(
  app: Express,
  { address, sessions }: Settings,
): Promise<() => Promise<void>> {
  const https = address.startsWith('https:')
  const { store, close } = await openSessionStore(sessions)
  app.use(
    session({
      store,
      // A browser takes a __Host- cookie from this host only, over https, for the whole site.
      name: https ? '__Host-session' : 'session',
      secret: sessions.secret ?? randomBytes(32).toString('base64url'),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: https, path: '/' },
    }),
  )
  return close
}
