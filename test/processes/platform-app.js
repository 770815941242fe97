// One process of an application that uses the API platform and runs as several: its own memory, its own connection to
// the store they share. Started by platform-process.ts.
import express from 'express'
import session from 'express-session'
import { createCis2, exchangeIdToken, requireLogin } from '../../dist/index.js'
import { openStore } from './open-store.js'

const settings = JSON.parse(process.argv[2] ?? '{}')
const { store, disconnect } = await openStore(settings.storeUrl)
const cis2 = createCis2(settings.cis2)

// Ahead of the real time by what the test says, so that tokens end without anybody waiting.
const realNow = Date.now
let aheadSeconds = 0
Date.now = () => realNow() + aheadSeconds * 1000

const app = express()
app.use(session({ store, secret: 'of every process', resave: false, saveUninitialized: false }))
app.use(cis2.router())
app.get('/token', requireLogin(), (req, res, next) => {
  exchangeIdToken(req, settings.platform).then(({ accessToken }) => res.send(accessToken), next)
})
app.use((error, _req, res, _next) => res.status(error.status ?? 500).send(error.code))

const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))

process.on('message', (message) => {
  if (message === 'close') void close()
  else {
    aheadSeconds = message.aheadSeconds
    process.send?.({ isAhead: true })
  }
})

async function close() {
  await cis2.close()
  server.closeAllConnections()
  server.close()
  await disconnect()
  // Nothing is left that would keep the process alive; if something is, the test waits in vain.
  process.disconnect()
}
