import { randomBytes } from 'node:crypto'
import type { Express } from 'express'
import session from 'express-session'
import type { Settings } from './settings.js'

/**
 * Sessions in the memory of this process: right for an example, wrong for a service. A service gives express-session a
 * store that all its processes share (such as connect-redis), and a secret that outlives a restart.
 */
export function setUpSessions(app: Express, { address }: Settings): void {
  const https = address.startsWith('https:')
  app.use(
    session({
      // A browser takes a __Host- cookie from this host only, over https, for the whole site.
      name: https ? '__Host-session' : 'session',
      secret: randomBytes(32).toString('base64url'),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: https, path: '/' },
    }),
  )
}
