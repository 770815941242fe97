// One process of an application that runs as several: its own memory, its own connection to the store they share.
// Started by app-process.ts, which tells it its settings and hears from it over the channel between them.
import express from 'express'
import session from 'express-session'
import { createCis2, requireLogin } from '../../dist/index.js'
import { openStore } from './open-store.js'

const settings = JSON.parse(process.argv[2] ?? '{}')
const { store, disconnect } = await openStore(settings.storeUrl)
const cis2 = createCis2(settings.cis2)
for (const name of [
  'login.succeeded',
  'login.failed',
  'logout.succeeded',
  'session.expired',
  'user.switched',
  'back_channel_logout.received',
  'back_channel_logout.refused',
])
  cis2.events.on(name, (event) => process.send?.({ event: { name, ...event } }))

let goOn = () => undefined
const app = express()
app.use(session({ store, secret: 'of every process', resave: settings.resave, saveUninitialized: false }))
app.use(cis2.router())
app.get('/private', requireLogin(), (req, res) => res.json({ sub: req.cis2.user?.sub }))
app.get('/slow', requireLogin(), async (req, res) => {
  const waiting = new Promise((resolve) => (goOn = () => resolve(undefined)))
  process.send?.({ arrived: true })
  await waiting
  req.session.touched = true
  res.send('done')
})
// A record as another version of the library would leave it.
app.get('/next-version', (req, res) => {
  Object.assign(req.session.cis2, { version: 2 })
  res.send('written')
})

const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))

process.on('message', (message) => {
  if (message === 'go on') goOn()
  if (message === 'close') void close()
})

async function close() {
  await cis2.close()
  server.closeAllConnections()
  server.close()
  await disconnect()
  // Nothing is left that would keep the process alive; if something is, the test waits in vain.
  process.disconnect()
}
