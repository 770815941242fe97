import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type RunningApp } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { failures } from '../support/judged-login.js'
import { testKeys, testSecret } from '../support/keys.js'
import { choosePerson, publicApp, publicProvider } from '../support/login.js'
import { mapOrigins } from '../support/map-origins.js'

// Applications that share a secret and a store, and nothing else.

const issuer = `${publicProvider}:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`
const newSecret = 'another secret, of at least 32 characters: 0123456789'
const secrets = { a: testSecret, b: testSecret, c: [newSecret, testSecret] }
type Name = keyof typeof secrets

const origins: Record<string, string> = {}
let store: FaultyStore
let processes: Record<Name, RunningApp>
let door: Server
let simulator: Simulator
let browser: Browser

beforeAll(async () => {
  store = new FaultyStore()
  const fetch = mapOrigins(origins)
  const start = (name: Name): Promise<RunningApp> =>
    startApp({ issuer, publicUrl: publicApp, fetch, sessionOptions: { store }, secret: secrets[name] })
  const [a, b, c] = await Promise.all([start('a'), start('b'), start('c')])
  processes = { a, b, c }
  // The balancer: sends a request where its header says, and one without (for the key set) to the first.
  door = createServer((req, res) => processes[(req.headers['x-process'] ?? 'a') as Name].app(req, res))
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { clientId } = testKeys
  const client = { clientId, redirectUris: [`${publicApp}/cis2/callback`], jwksUri: `${a.url}/cis2/jwks` }
  simulator = await startSimulator({ issuer, clients: [client] })
  origins[publicProvider] = simulator.url
  origins[publicApp] = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
})
afterAll(async () => {
  await Promise.all(Object.values(processes).map((each) => each.close()))
  await simulator.close()
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
})
beforeEach(async () => {
  browser = new Browser(origins)
  simulator.requests.clear()
  store.mend()
  await new Promise((resolve) => store.memory.clear(resolve))
  for (const { events } of Object.values(processes)) events.length = 0
})

const at = (name: Name): Record<string, string> => ({ 'x-process': name })

/** Starts a login on one process and chooses the nurse: the address of the callback. */
async function startLogin(name: Name): Promise<string> {
  const login = await browser.get(`${publicApp}/cis2/login?returnTo=/private`, at(name))
  return await choosePerson(browser, login.location ?? '', 'nurse')
}

async function isLoggedIn(name: Name, from = browser): Promise<boolean> {
  return (await from.get(`${publicApp}/private`, at(name))).status === 200
}

describe('several processes', () => {
  it('take a login that another one started, and the session that another one made', async () => {
    const page = await browser.get(await startLogin('a'), at('b'))
    expect({ status: page.status, location: page.location }).toEqual({
      status: 303,
      location: `${publicApp}/private`,
    })
    expect([await isLoggedIn('a'), await isLoggedIn('b'), await isLoggedIn('c')]).toEqual([true, true, true])
  })

  it.each([
    ['a', 'c'],
    ['c', 'b'],
  ] as const)('with a secret being rotated: a login of %s at %s', async (first, second) => {
    const page = await browser.get(await startLogin(first), at(second))
    // Until every process knows the new secret, only the old one may seal.
    expect(page.status).toBe(first === 'a' ? 303 : 400)
    expect(await isLoggedIn('a')).toBe(first === 'a')
  })

  it('know of a logout at another one', async () => {
    await browser.get(await startLogin('a'), at('b'))
    const cookie = browser.cookieHeader(`${publicApp}/`)
    expect((await browser.post(`${publicApp}/cis2/logout`, {}, at('c'))).status).toBe(303)
    expect(processes.c.events.map(({ name }) => name)).toEqual(['logout.succeeded'])
    for (const name of ['a', 'b', 'c'] as const)
      expect((await new Browser(origins).get(`${publicApp}/private`, { cookie, ...at(name) })).status).toBe(
        302,
      )
  })

  it('refuse a login that another browser started at another one', async () => {
    const address = await startLogin('a')
    const victim = new Browser(origins)
    const page = await victim.get(address, at('b'))
    expect(page.status).toBe(400)
    expect(failures(processes.b.events)).toEqual(['ERR_CIS2_ATTEMPT_COOKIE_MISSING'])
    expect(simulator.requests.count('token')).toBe(0)
    expect(await isLoggedIn('b', victim)).toBe(false)
    expect((await browser.get(address, at('b'))).status).toBe(303)
  })

  it('make one session of one callback that reaches two of them at once', async () => {
    const address = await startLogin('a')
    const held = store.hold('set')
    const first = browser.get(address, at('a'))
    await held.reached
    const second = await browser.get(address, at('b'))
    held.release()
    expect([(await first).status, second.status]).toEqual([303, 400])
    expect(failures(processes.b.events)).toEqual(['ERR_CIS2_CODE_REFUSED'])
    expect(await store.sessions()).toHaveLength(1)
    expect(await isLoggedIn('c')).toBe(true)
  })

  it('never make two sessions of it, however they race', async () => {
    const address = await startLogin('a')
    const pages = await Promise.all((['a', 'b', 'c'] as const).map((name) => browser.get(address, at(name))))
    expect(pages.filter(({ status }) => status === 303).length).toBeLessThanOrEqual(1)
    expect((await store.sessions()).length).toBeLessThanOrEqual(1)
  })

  it('take the back button after a login at another one to where that login led', async () => {
    const address = await startLogin('a')
    await browser.get(address, at('a'))
    const again = await browser.get(address, at('b'))
    expect({ status: again.status, location: again.location }).toEqual({
      status: 303,
      location: `${publicApp}/private`,
    })
    expect(simulator.requests.count('token')).toBe(1)
  })

  it('leave the login alone when its callback comes again with the cookie from before', async () => {
    const address = await startLogin('a')
    const cookie = browser.cookieHeader(address)
    await browser.get(address, at('a'))
    const thief = new Browser(origins)
    expect((await thief.get(address, { cookie, ...at('b') })).status).toBe(400)
    expect(await store.sessions()).toHaveLength(1)
    expect(await isLoggedIn('c')).toBe(true)
    expect(await isLoggedIn('c', thief)).toBe(false)
  })
})
