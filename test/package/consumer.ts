// An application that uses the package from TypeScript. The same file is compiled and run as an ES module and as
// CommonJS, with the types of Express 4 and of Express 5.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import { Cis2Error, createCis2, getUser, optionsFromEnv, requireLogin, type Cis2Options } from 'express-cis2'
import type { startSimulator } from 'express-cis2/simulator'

export type Simulator = Awaited<ReturnType<typeof startSimulator>>

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const options: Cis2Options = {
  ...optionsFromEnv({}),
  environment: 'integration',
  clientId: 'an-invented-client',
  baseUrl: 'https://app.example.nhs.uk',
  jwks: { keys: [privateKey.export({ format: 'jwk' })] },
  secret: 'an-invented-secret-of-more-than-32-characters',
}
const cis2 = createCis2(options)

// @ts-expect-error An option that does not exist is refused by the types too.
export const misspelt: Cis2Options = { ...options, clientID: 'an-invented-client' }

const app = express()
app.use(session({ secret: 'another-invented-secret', resave: false, saveUninitialized: false }))
app.use(cis2.router())
app.get('/hello', requireLogin(), (req, res) => {
  const { name, selectedRole } = getUser(req)
  // @ts-expect-error The user is typed, not any.
  const nonsense: string = getUser(req).nonsense
  const isSame: boolean = req.cis2.user?.sub === getUser(req).sub && req.cis2.isLoggedIn
  res.json({ name, isSame, nonsense, job: 'role' in selectedRole ? selectedRole.role.jobRole : undefined })
})
cis2.events.on('login.failed', ({ reason, reference }) => void [reason, reference])
// @ts-expect-error An application listens, and only the library raises.
export const raise = (): unknown => cis2.events.emit('login.failed', {})

const server = createServer(app)
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  fetch(`http://127.0.0.1:${port}/cis2/jwks`)
    .then(async (res) => {
      const { keys } = (await res.json()) as { keys: unknown[] }
      console.log(res.status, keys.length, new Error('not ours') instanceof Cis2Error)
      server.close()
      server.closeAllConnections()
      await cis2.close()
    })
    .catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
})
