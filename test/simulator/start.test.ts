import { connect } from 'node:net'
import type { Request } from 'express'
import { startSimulator } from '../../lib/simulator/index.js'
import { RecordedRequests } from '../../lib/simulator/request-log.js'
import { authorizationUrl, start } from './relying-party.js'

const issuer = 'https://am.sim.test:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'

describe('starting the simulator', () => {
  const nodeEnv = process.env.NODE_ENV
  afterEach(() => {
    process.env.NODE_ENV = nodeEnv
  })

  test('is refused in production', async () => {
    process.env.NODE_ENV = 'production'
    await expect(startSimulator()).rejects.toThrow(/does not start while NODE_ENV is 'production'/)
  })

  test('listens on 127.0.0.1 and on no other address', async () => {
    const simulator = await start()
    const port = Number(new URL(simulator.url).port)
    expect(await canConnect('127.0.0.1', port)).toBe(true)
    expect(await canConnect('127.0.0.2', port)).toBe(false)
    expect(await canConnect('::1', port)).toBe(false)
    await simulator.close()
    expect(await canConnect('127.0.0.1', port)).toBe(false)
  })

  test('takes the port it is told, and says so when that is taken', async () => {
    const first = await start()
    await expect(startSimulator({ port: Number(new URL(first.url).port) })).rejects.toThrow(/EADDRINUSE/)
  })

  test.each(['https://am.sim.test/path/', 'https://am.sim.test?x=1', 'ftp://am.sim.test', 'am.sim.test'])(
    'is refused with the issuer %s',
    async (wrong) => {
      await expect(startSimulator({ issuer: wrong })).rejects.toThrow(/issuer must be/)
    },
  )

  test('has its issuer on its own origin when it is told none', async () => {
    const simulator = await start()
    expect(simulator.issuer).toBe(
      `${simulator.url}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`,
    )
  })

  test('gives a private key that is new each time and fits its client', async () => {
    const [one, other] = await Promise.all([start(), start()])
    const [key] = one.client.jwks.keys
    expect(one.client.clientId).toBe('999999999999.apps.national')
    expect(key).toMatchObject({ kty: 'RSA', alg: 'RS512', use: 'sig' })
    expect(key?.d).toEqual(expect.any(String))
    expect(other.client.jwks.keys[0]?.kid).not.toBe(key?.kid)
  })

  test('ends a request that hangs when it closes', async () => {
    const simulator = await start()
    simulator.setFault('discovery.hang')
    const hanging = fetch(`${simulator.issuer}/.well-known/openid-configuration`)
    const outcome = hanging.then(
      () => 'answered',
      () => 'cut off',
    )
    while (simulator.requests.count('discovery') === 0) await new Promise((resolve) => setImmediate(resolve))
    await simulator.close()
    expect(await outcome).toBe('cut off')
  })
})

describe('the discovery document', () => {
  test('prints the configured issuer verbatim in every address, :443 included', async () => {
    const simulator = await start({ issuer })
    const path = new URL(issuer).pathname
    const response = await fetch(`${simulator.url}${path}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/access_token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/connect/jwk_uri`,
      end_session_endpoint: `${issuer}/connect/endSession`,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      response_types_supported: ['code'],
    })
  })

  test('lists the algorithms that CIS2 lists, HMAC included', async () => {
    const simulator = await start()
    const response = await fetch(`${simulator.issuer}/.well-known/openid-configuration`)
    const { id_token_signing_alg_values_supported } = (await response.json()) as Record<string, string[]>
    expect(id_token_signing_alg_values_supported).toEqual(expect.arrayContaining(['RS256', 'HS256', 'ES512']))
  })

  test('is where the issuer is, and anything else is a 404 that names the issuer', async () => {
    const simulator = await start({ issuer: 'http://sim.test:80' })
    expect((await fetch(`${simulator.url}/.well-known/openid-configuration`)).status).toBe(200)
    const lost = await fetch(`${simulator.url}/openam/oauth2/.well-known/openid-configuration`)
    expect(lost.status).toBe(404)
    expect(await lost.text()).toContain('http://sim.test:80')
  })
})

test('the log keeps the last thousand requests and counts them all', () => {
  const log = new RecordedRequests()
  for (let n = 0; n < 1100; n += 1)
    log.record('jwks', { method: 'GET', originalUrl: `/${n}`, headers: {} } as Request)
  expect(log).toHaveLength(1000)
  expect(log.count('jwks')).toBe(1100)
  expect(log[0]?.path).toBe('/100')
  expect(log.at(-1)?.path).toBe('/1099')
  expect(log.filter(({ path }) => path === '/500')).toHaveLength(1)
  log.clear()
  expect(log.count('jwks')).toBe(0)
  expect(log).toHaveLength(0)
})

test('what happens is told while it happens', async () => {
  const heard: string[] = []
  const simulator = await start({
    onRequest: ({ endpoint, status, refusal }) => heard.push(`${endpoint} ${status}: ${refusal}`),
  })
  await (await fetch(authorizationUrl(simulator, 'https://elsewhere.test/callback'))).text()
  await simulator.close()
  expect(heard).toEqual([
    "authorize 400: redirect_uri 'https://elsewhere.test/callback' is not registered for this client",
  ])
})

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
