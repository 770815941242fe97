// A small application on the build in dist/, in a process of its own that can be killed.
import { createServer } from 'node:http'
import process from 'node:process'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { createCis2, getUser, requireLogin } from '../../../dist/index.js'
import { copySessions } from './copy-sessions.js'
import { CommandMarks } from './command-marks.js'

const marks = new CommandMarks((message) => process.send?.(message))

async function start({ redisUrl, sessionSecret, options }) {
  const store = redisUrl === undefined ? new session.MemoryStore() : await connectStore(redisUrl)
  const cis2 = createCis2(options)
  const app = express()
  app.disable('x-powered-by')
  app.use(
    session({
      secret: sessionSecret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: false },
      store,
    }),
  )
  app.use(cis2.router())
  app.get('/', (_req, res) => res.send('home'))
  app.get('/private', requireLogin(), (req, res) => res.send(getUser(req).sub))
  app.get('/basket', (req, res) => {
    req.session.basket = Date.now()
    res.send('kept')
  })
  app.get('/touch', (req, res) => {
    req.session.touched = Date.now()
    res.send('touched')
  })
  app.get('/copies', requireLogin(), (req, res, next) => {
    copySessions(req, Number(req.query.count)).then((sids) => res.json(sids), next)
  })
  const server = createServer(app)
  server.listen(0, '127.0.0.1', () => process.send?.({ ready: server.address().port }))
  // As a service under an orchestrator: no new connections, the requests in flight are finished.
  process.once('SIGTERM', () => {
    server.close(() => {
      void cis2.close().then(() => process.exit(0))
    })
  })
}

async function connectStore(url) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  return new RedisStore({ client: marks.watch(client) })
}

const questions = {
  memory: () => {
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  },
  // Answers first: nothing is said while the event loop stands still.
  block: (milliseconds) => {
    setTimeout(() => {
      const until = performance.now() + milliseconds
      while (performance.now() < until);
    }, 20)
  },
  record: () => marks.record(),
  recorded: () => marks.recorded(),
  stopAt: (number) => marks.stopAt(number),
}

process.on('message', ({ start: settings, ask, value, id }) => {
  if (settings !== undefined) void start(settings)
  else process.send?.({ id, answer: questions[ask](value) ?? null })
})
// The parent is gone, perhaps killed itself.
process.once('disconnect', () => process.exit(1))
