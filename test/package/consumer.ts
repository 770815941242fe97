// An application that uses the package from TypeScript. The same file is compiled and run as an ES module and as
// CommonJS, with the types of Express 4 and of Express 5.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import {
  allOf,
  anyOf,
  buildRoleHeader,
  Cis2Error,
  createCis2,
  diagnose,
  exchangeIdToken,
  getUser,
  optionsFromEnv,
  requireActivity,
  requireAssurance,
  requireLogin,
  requireOrganisation,
  requireRole,
  requireUser,
  requireWorkgroup,
  type Cis2Options,
  type JwksFunction,
  type KeyReport,
  type LoginException,
  type PlatformOptions,
  type RemoteKey,
} from 'express-cis2'
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
export const loadKeys: JwksFunction = () => ({ keys: [privateKey.export({ format: 'jwk' })] })
export const addSigner = (signer: RemoteKey): void => cis2.setKeys({ keys: [{ ...signer, status: 'next' }] })
export const waitingKeys: KeyReport['waiting'] = cis2.health().keys.waiting

// @ts-expect-error An option that does not exist is refused by the types too.
export const misspelt: Cis2Options = { ...options, clientID: 'an-invented-client' }

export const examine = async (): Promise<string[]> => (await diagnose(options)).checks.map(({ id }) => id)

const platform: PlatformOptions = { environment: 'integration', apiKey: 'key', signingKey: privateKey }
export const askPlatform = async (req: express.Request): Promise<string> => {
  const { accessToken } = await exchangeIdToken(req, platform)
  return accessToken + buildRoleHeader(getUser(req))['NHSD-Session-URID']
}

const app = express()
app.use(session({ secret: 'another-invented-secret', resave: false, saveUninitialized: false }))
app.use(cis2.router())
const open: LoginException = { method: 'GET', path: '/health' }
app.use('/guarded', requireLogin({ except: [open] }))
app.get('/hello', requireLogin(), (req, res) => {
  const { name, selectedRole } = getUser(req)
  // @ts-expect-error The user is typed, not any.
  const nonsense: string = getUser(req).nonsense
  const isSame: boolean = req.cis2.user?.sub === getUser(req).sub && req.cis2.isLoggedIn
  res.json({ name, isSame, nonsense, job: 'role' in selectedRole ? selectedRole.role.jobRole : undefined })
})
app.post('/log-out-as-in-passport', (req, res, next) => {
  const sub: string | undefined = req.isAuthenticated() ? req.user.sub : req.user?.sub
  req.logout((error) => (error ? next(error) : res.json({ sub, isNobody: req.isUnauthenticated() })))
})
const guards = [
  anyOf(requireRole('R8000'), requireActivity('B0278')),
  allOf(requireOrganisation('A83001'), requireWorkgroup('team')),
  requireAssurance({ authentication: 3, maxAuthAgeSeconds: 300 }),
  requireUser(async ({ sub }, req) => sub === String(req.params.sub), 'ERR_CIS2_ACCESS_DENIED'),
]
app.get('/people/:sub', ...guards, async (req, res) => {
  await req.cis2.selectRole('555000000102')
  res.redirect('/hello')
})
// @ts-expect-error A reason is one of the codes of a refusal.
export const misspeltReason = (): unknown => requireUser(() => true, 'ERR_CIS2_NO')
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
