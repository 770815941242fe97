import { createServer, type Server } from 'node:http'
import { createClientCredentials } from './client-credentials.js'
import { createApp } from './create-app.js'
import { createState } from './create-state.js'
import { parseIssuer } from './issuer-address.js'
import { publishedKeyOf } from './keys/choose-signer.js'
import { createLogoutToken } from './logout/logout-token.js'
import { sendLogoutToken } from './logout/send-logout-token.js'
import { registerPlatformApplication } from './platform/register-application.js'
import { refuseProduction } from './refuse-production.js'
import { defaultClientId } from './simulator-client.js'
import type { Simulator, SimulatorOptions } from './simulator.js'

/**
 * Starts an OpenID provider on 127.0.0.1 that behaves like CIS2, or misbehaves as it is told to. It does not start
 * while `NODE_ENV` is `production`.
 *
 * @throws {TypeError} for an issuer that no provider could have
 * @since 0.1.0
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  refuseProduction()
  // Before anything listens, so that a wrong option leaves nothing behind.
  parseIssuer(options.issuer, '')
  const clients = options.clients?.length ? options.clients : [{ clientId: defaultClientId }]
  const closing = new AbortController()
  const server = createServer()
  // The client ends idle connections first: a request on one that is just being closed here would fail.
  server.keepAliveTimeout = 60_000
  const [credentials, url] = await Promise.all([
    createClientCredentials(clients[0] ?? { clientId: defaultClientId }),
    listen(server, options.port ?? 0),
  ])
  const state = createState(options, clients, { url, credentials, closed: closing.signal })
  server.on('request', createApp(state))
  return {
    issuer: state.issuer,
    url,
    people: state.people,
    client: credentials,
    requests: state.requests,
    setFault(name, value, faultOptions) {
      state.faults.set(name, value, faultOptions)
      const key = publishedKeyOf(value)
      if (key) state.keys.publish(key)
    },
    clearFaults(...names) {
      state.faults.clear(names)
      if (names.length === 0) state.keys.publish()
    },
    rotateKeys: (rotation) => state.keys.rotate(rotation),
    createLogoutToken: async (logout = {}) => (await createLogoutToken(logout, state)).token,
    sendLogoutToken: (logout = {}) => sendLogoutToken(logout, state),
    forgetClientKeys: () => state.clientKeys.forget(),
    registerPlatformApplication: (application = {}) => registerPlatformApplication(application, state),
    close: () => {
      closing.abort()
      return close(server)
    },
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Never on another interface: whoever can reach the simulator can be anyone.
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address === 'object' && address) resolve(`http://127.0.0.1:${address.port}`)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
