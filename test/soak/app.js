// The application under load, in a process of its own: the build in dist/, wired as the README says, on a faulty store.
import { createServer } from 'node:http'
import process from 'node:process'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { createCis2, getUser, requireLogin } from '../../dist/index.js'
import { createMemoryStore, createRedisStore, storeFaults } from './faulty-stores.js'

const requestMs = 3_000
const idleMinutes = 1
const absoluteMinutes = 2

const counts = { rejections: 0, exceptions: 0, warnings: 0, errors: 0 }
const complaints = new Set()
const events = {}

function complain(kind, error) {
  counts[kind]++
  if (complaints.size < 20) complaints.add(`${kind}: ${error?.stack ?? error}`)
}
process.on('unhandledRejection', (error) => complain('rejections', error))
process.on('uncaughtException', (error) => complain('exceptions', error))
process.on('warning', (warning) => complain('warnings', warning))

async function createStore(redisUrl) {
  if (redisUrl === undefined) return createMemoryStore()
  const client = createClient({ url: redisUrl })
  client.on('error', (error) => complain('warnings', error))
  await client.connect()
  return createRedisStore(client, absoluteMinutes * 60)
}

async function start({ redisUrl, issuer, client, port }) {
  const store = await createStore(redisUrl)
  const cis2 = createCis2({
    issuer,
    ...client,
    baseUrl: `http://127.0.0.1:${port}`,
    secret: 'of the soak only: 32 characters at least',
    timeouts: { requestMs },
    session: {
      idleTimeoutMinutes: idleMinutes,
      absoluteTimeoutHours: absoluteMinutes / 60,
      pollingPaths: ['/poll'],
    },
  })
  for (const name of eventNames) cis2.events.on(name, () => void (events[name] = (events[name] ?? 0) + 1))
  const app = express()
  app.disable('x-powered-by')
  app.use(
    session({
      secret: 'cookie secret of the soak',
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: false },
      store,
    }),
  )
  app.use(cis2.router())
  app.get('/private', requireLogin(), (req, res) => res.send(getUser(req).sub))
  app.get('/sid', requireLogin(), (req, res) => res.json({ sid: req.cis2.session?.sid }))
  app.get('/poll', (req, res) => res.json({ loggedIn: req.cis2.isLoggedIn }))
  app.get('/touch', requireLogin(), (req, res) => {
    req.session.touched = Date.now()
    res.send('touched')
  })
  // Long enough for a logout to come in between.
  app.get('/slow', requireLogin(), (req, res) => {
    setTimeout(() => {
      if (req.session) req.session.slow = Date.now()
      res.send('slow')
    }, 150)
  })
  // Four parameters make it an error handler. Express's own would cut the connection of an answer that has begun.
  app.use((_error, _req, res, _next) => {
    counts.errors++
    if (!res.headersSent) res.status(500).send('the store failed')
  })
  const server = createServer(app)
  server.keepAliveTimeout = 10_000
  server.listen(port, '127.0.0.1', () => process.send?.({ ready: true }))
}

function figures() {
  globalThis.gc()
  globalThis.gc()
  const { rss, heapUsed } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const count = (pattern) => resources.filter((name) => pattern.test(name)).length
  return {
    rss,
    heap: heapUsed,
    handles: resources.length,
    sockets: count(/TCPSocket/),
    timers: count(/Timeout/),
    cpu: process.cpuUsage().user + process.cpuUsage().system,
    ...counts,
    storeFaults,
    events,
    complaints: [...complaints],
  }
}

const eventNames = [
  'login.started',
  'login.succeeded',
  'login.failed',
  'logout.succeeded',
  'logout.failed',
  'session.expired',
  'access.denied',
  'user.switched',
  'provider.unavailable',
  'back_channel_logout.received',
  'back_channel_logout.refused',
]

process.on('message', ({ start: settings, id }) => {
  if (settings) void start(settings)
  else process.send?.({ id, answer: figures() })
})
process.once('disconnect', () => process.exit(1))
