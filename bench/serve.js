// The frame of every server under test: listens on loopback, and answers the runner's questions over IPC so that no
// measuring route is part of what is measured.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @param create receives { issuer, clientId, clientSecret, privateJwk, secret, baseUrl } and returns the routes. */
export function serve(create) {
  process.once('message', (setup) => {
    listen(setup, create).catch((error) => {
      console.error(error)
      process.exit(1)
    })
  })
  process.on('disconnect', () => process.exit(0))
}

async function listen(setup, create) {
  const server = createServer()
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${server.address().port}`
  const { listener, storeBytes, ...routes } = await create({ ...setup, baseUrl })
  server.on('request', listener)
  process.on('message', ({ ask }) => {
    if (ask === 'cpu') {
      const { user, system } = process.cpuUsage()
      process.send({ cpu: user + system })
    }
    if (ask === 'store') process.send({ store: storeBytes() })
  })
  process.send({ ready: { baseUrl, ...routes } })
}

/** What express-session's MemoryStore holds, in bytes of JSON. */
export function memoryStoreBytes(store) {
  return Object.values(store.sessions).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

export const scope = 'openid profile nationalrbacaccess'

/** The session settings that express-session's own documentation asks for; the same for every server. */
export function sessionOptions(secret, store) {
  return { secret, resave: false, saveUninitialized: false, store, cookie: { sameSite: 'lax' } }
}
