import session from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

// Logging out at CIS2 too, and the way back.

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  simulator.clearFaults()
  await journey.close()
})

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, { logout: { provider: true }, ...settings })
}

const logOut = (path = '/cis2/logout'): Promise<Page> =>
  journey.browser.post(journey.app.baseUrl + path, { returnTo: '//evil.example' })
const isLoggedIn = async (): Promise<boolean> =>
  (await journey.browser.get(`${journey.app.baseUrl}/private`)).status === 200

/** The session of a person who logged in at a process that has been replaced since; the new one knows nothing yet. */
async function restart(settings: AppSettings = {}): Promise<void> {
  const store = new session.MemoryStore()
  await start({ sessionOptions: { store } })
  await logIn(journey)
  const cookie = journey.browser.cookies(journey.app.baseUrl).find(({ name }) => name === 'connect.sid')
  await journey.app.close()
  const app = await startApp({
    issuer: simulator.issuer,
    ...simulator.client,
    sessionOptions: { store },
    logout: { provider: true },
    ...settings,
  })
  const browser = journey.anotherBrowser()
  browser.setCookie(app.baseUrl, 'connect.sid', cookie?.value ?? '')
  journey = { ...journey, app, browser, close: () => app.close() }
  expect(await isLoggedIn()).toBe(true)
}

describe('logging out at CIS2', () => {
  it.each([
    ['is down', 'discovery.status', 503],
    ['hangs', 'discovery.hang', true],
    ['answers nonsense', 'discovery.html', true],
  ] as const)(
    'while CIS2 %s is done here, soon, and the page says what may be left',
    async (_what, fault, value) => {
      await restart()
      simulator.setFault(fault, value)
      const startedAt = performance.now()
      const page = await logOut()
      expect(performance.now() - startedAt).toBeLessThan(20_000)
      expect([page.status, page.headers.location]).toEqual([303, '/cis2/logged-out?cis2=not-reached'])
      expect((await journey.browser.get(page.location ?? '')).text).toContain(
        'You may still be logged in to your Care Identity',
      )
      expect(await isLoggedIn()).toBe(false)
      expect((await journey.browser.get(`${journey.app.baseUrl}/cis2/logged-out`)).text).not.toContain(
        'You may still be logged in',
      )
    },
  )

  it('tells the application’s own page what may be left', async () => {
    const pages = { loggedOut: (context: object) => JSON.stringify(context) }
    await restart({ pages })
    simulator.setFault('discovery.status', 503)
    const { text } = await journey.browser.get((await logOut()).location ?? '')
    expect(JSON.parse(text)).toEqual({ loginUrl: '/cis2/login', mayBeLoggedInAtCis2: true })
  })

  it('reads the hint before the session is destroyed, and leads nowhere that a request asks for', async () => {
    await start()
    await logIn(journey)
    const { text } = await journey.browser.get(`${journey.app.baseUrl}/me`)
    const { idToken } = (JSON.parse(text) as { tokens: { idToken: string } }).tokens
    const page = await logOut(
      '/cis2/logout?returnTo=//evil.example&post_logout_redirect_uri=https://evil.example',
    )
    const url = new URL(page.location ?? '')
    expect(url.origin).toBe(new URL(simulator.issuer).origin)
    expect(url.searchParams.get('id_token_hint')).toBe(idToken)
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${journey.app.baseUrl}/cis2/logged-out`)
    expect(page.text).not.toContain(idToken)
  })

  it('does without a hint that is too long for an address', async () => {
    await start()
    simulator.setFault('idTokenClaims', { padding: 'x'.repeat(5000) })
    await logIn(journey)
    const url = new URL((await logOut()).location ?? '')
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'post_logout_redirect_uri'])
    expect(await isLoggedIn()).toBe(false)
  })

  it('twice at once ends one session, and fails for nobody', async () => {
    await start()
    await logIn(journey)
    const pages = await Promise.all([logOut(), logOut()])
    expect(pages.map(({ status }) => status)).toEqual([303, 303])
    expect(await isLoggedIn()).toBe(false)
  })
})

describe('the way back from CIS2', () => {
  it.each(['', '?state=', '?state=other', '?state=a&state=b', '?error=access_denied', '?state[x]=1', '?%'])(
    'with %j shows that the person has logged out, and logs nobody out',
    async (query) => {
      await start()
      const back = `${journey.app.baseUrl}/cis2/logged-out${query}`
      const page = await journey.browser.get(back)
      expect([page.status, page.cookies]).toEqual([200, []])
      expect(page.text).toContain('You have logged out')
      await logIn(journey)
      expect((await journey.browser.get(back)).location).toBe(`${journey.app.baseUrl}/`)
      expect(await isLoggedIn()).toBe(true)
    },
  )
})
