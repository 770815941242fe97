import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import session, { type SessionOptions } from 'express-session'
import {
  createCis2,
  getUser,
  requireLogin,
  type Cis2,
  type Cis2Event,
  type Cis2Options,
} from '../../lib/index.js'
import { eventNames } from './event-names.js'
import { testKeys, testSecret } from './keys.js'

/** An event as recorded, with its name. */
export type RecordedEvent = Cis2Event & { name: string }

export interface RunningApp {
  app: Express
  cis2: Cis2
  /** Where it really listens. */
  url: string
  /** Its public address, which `baseUrl` names. */
  baseUrl: string
  events: RecordedEvent[]
  close(): Promise<void>
}

export interface AppSettings extends Partial<Cis2Options> {
  /** Runs before the session middleware. */
  before?: (app: Express) => void
  /** Runs after the library's router, before the test routes. */
  after?: (app: Express, cis2: Cis2) => void
  sessionOptions?: Partial<SessionOptions> | false
  /** The public address of the application, when it is not where it listens. */
  publicUrl?: string
  /** Mounts the library in another way than `app.use(cis2.router())`. */
  mount?: (app: Express, cis2: Cis2) => void
}

/** A small application as a team would write it, listening on loopback. */
export async function startApp(settings: AppSettings): Promise<RunningApp> {
  const { before, after, mount, sessionOptions, publicUrl, ...options } = settings
  const server = createServer()
  // The client ends idle connections first: a request on one that is just being closed here would fail.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const baseUrl = publicUrl ?? url
  const keys = options.jwks || options.signingKey ? {} : { jwks: testKeys.jwks }
  const cis2 = createCis2({
    clientId: testKeys.clientId,
    baseUrl,
    secret: testSecret,
    ...keys,
    ...options,
  })
  const events = recordEvents(cis2)
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', publicUrl === undefined ? false : 1)
  before?.(app)
  if (sessionOptions !== false) {
    const cookie = { secure: baseUrl.startsWith('https:'), httpOnly: true, sameSite: 'lax' as const }
    app.use(
      session({
        secret: 'session cookie secret of the tests',
        resave: false,
        saveUninitialized: false,
        cookie,
        ...sessionOptions,
      }),
    )
  }
  if (mount) mount(app, cis2)
  else app.use(cis2.router())
  after?.(app, cis2)
  app.get('/', (_req, res) => void res.send('home'))
  app.get(
    '/private',
    requireLogin(),
    (req, res) => void res.json({ sub: getUser(req).sub, url: req.originalUrl }),
  )
  app.get(
    '/me',
    requireLogin(),
    (req, res) => void res.json({ user: req.cis2.user, session: req.cis2.session, tokens: req.cis2.tokens }),
  )
  app.post('/private', requireLogin(), (_req, res) => void res.send('posted'))
  server.on('request', app)
  return { app, cis2, url, baseUrl, events, close: () => closeAll(server, cis2) }
}

function recordEvents(cis2: Cis2): RecordedEvent[] {
  const events: RecordedEvent[] = []
  for (const name of eventNames) cis2.events.on(name, (event: Cis2Event) => events.push({ ...event, name }))
  return events
}

async function closeAll(server: Server, cis2: Cis2): Promise<void> {
  await cis2.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
