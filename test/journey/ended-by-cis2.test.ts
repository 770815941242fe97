import { jest } from '@jest/globals'
import type { Store } from 'express-session'
import { startSimulator, type LogoutTokenOptions, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import type { Browser } from '../support/browser.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// Which sessions a logout token ends, and which it does not.

let simulator: Simulator
let journey: Journey
let other: RunningApp | undefined
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  await other?.close()
  other = undefined
  await journey.close()
})

const personOnly = { claims: { sid: undefined } }
const sessionOnly = { claims: { sub: undefined } }

async function isLoggedIn(browser: Browser, app = journey.app): Promise<boolean> {
  const cookie = browser.cookieHeader(journey.app.baseUrl)
  return (await browser.get(`${app.baseUrl}/private`, { cookie })).status === 200
}

/** Sends a token to the application of the test; the simulator's own address may be of one before. */
async function send(token: string, app = journey.app): Promise<number> {
  const body = new URLSearchParams({ logout_token: token })
  return (await fetch(`${app.url}/cis2/back-channel-logout`, { method: 'POST', body })).status
}
const sendNew = async (options: LogoutTokenOptions = {}): Promise<number> =>
  await send(await simulator.createLogoutToken(options))

const lastEvent = (): unknown => journey.app.events.findLast(({ name }) => name.startsWith('back_channel'))
const newBrowsers = (count: number): Browser[] =>
  Array.from({ length: count }, () => journey.anotherBrowser())

/** Moves the clock of everybody in this process, CIS2's included. */
function wait(seconds: number): void {
  const now = Date.now()
  jest.spyOn(Date, 'now').mockReturnValue(now + seconds * 1000)
}

describeWithEveryStore('a logout token', (source) => {
  let store: Store
  async function start(settings: AppSettings = {}): Promise<void> {
    store = await source().empty()
    journey = await joinSimulator(simulator, { sessionOptions: { store }, ...settings })
  }

  it.each([
    ['names both', {}],
    ['names the session alone', sessionOnly],
  ])('that %s ends that session only, and says which', async (_what, options) => {
    await start()
    const [first, second] = newBrowsers(2) as [Browser, Browser]
    await logIn({ app: journey.app, browser: first })
    await logIn({ app: journey.app, browser: second })
    const begun = journey.app.events.findLast(({ name }) => name === 'login.succeeded')
    expect(await sendNew(options)).toBe(200)
    expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([true, false])
    expect(lastEvent()).toMatchObject({
      name: 'back_channel_logout.received',
      sessionsEnded: 1,
      sessionHashes: [begun?.sessionHash],
    })
    expect(await source().sessionIds()).toHaveLength(1)
  })

  it('that names the person ends all their sessions on all processes, and nobody else’s', async () => {
    await start()
    other = await startApp({
      issuer: simulator.issuer,
      ...simulator.client,
      sessionOptions: { store: await source().another() },
    })
    const browsers = newBrowsers(3)
    const stranger = journey.anotherBrowser()
    for (const browser of browsers) await logIn({ app: journey.app, browser })
    await logIn({ app: journey.app, browser: stranger }, 'receptionist')
    // It has served the sessions before, and must not remember them.
    for (const browser of browsers) expect(await isLoggedIn(browser, other)).toBe(true)
    expect(await sendNew({ person: 'nurse', ...personOnly })).toBe(200)
    expect(lastEvent()).toMatchObject({ sessionsEnded: 3 })
    for (const app of [journey.app, other]) {
      expect(await Promise.all(browsers.map((browser) => isLoggedIn(browser, app)))).toEqual([
        false,
        false,
        false,
      ])
      expect(await isLoggedIn(stranger, app)).toBe(true)
    }
  })

  it('for a session that is gone, or that nobody knows, is answered like any other', async () => {
    await start()
    await logIn(journey)
    expect(await sendNew({ claims: { sid: 'nobody’s', sub: '999' } })).toBe(200)
    expect(await sendNew({ claims: { sid: undefined, sub: '999' } })).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(true)
    expect([await sendNew(), await sendNew()]).toEqual([200, 200])
    expect(await isLoggedIn(journey.browser)).toBe(false)
  })

  it('works once, and never ends a session that is newer than it', async () => {
    await start()
    await logIn(journey)
    const replayed = await simulator.createLogoutToken(personOnly)
    const delayed = await simulator.createLogoutToken(personOnly)
    expect(await send(replayed)).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(false)
    wait(2)
    await logIn(journey)
    const set = jest.spyOn(store, 'set')
    expect(await send(replayed)).toBe(200)
    expect(set).not.toHaveBeenCalled()
    expect(await send(delayed)).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(true)
  })

  it('of the same second as a login ends it, and not the login after that', async () => {
    await start()
    wait(0)
    await logIn(journey)
    expect(await sendNew(personOnly)).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(false)
    expect((await logIn(journey)).text).toContain('ERR_CIS2_LOGIN_ENDED')
    wait(1)
    expect((await logIn(journey)).status).toBe(303)
    expect(await isLoggedIn(journey.browser)).toBe(true)
  })

  it('of a session may be dated a little before it, and of a person may not', async () => {
    await start()
    wait(0)
    await logIn(journey)
    const iat = Math.floor(Date.now() / 1000) - 5
    expect(await sendNew({ claims: { sid: undefined, iat } })).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(true)
    expect(await sendNew({ claims: { iat } })).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(false)
  })

  it('of another person for a known session is refused and ends nothing', async () => {
    await start()
    await logIn(journey)
    expect(await sendNew({ claims: { sub: '555000000002' } })).toBe(400)
    expect(await isLoggedIn(journey.browser)).toBe(true)
    expect(lastEvent()).toMatchObject({ reason: 'ERR_CIS2_LOGOUT_TOKEN_SESSION' })
  })

  it.each([
    ['the session', {}],
    ['the person', personOnly],
  ])('naming %s that comes before the callback has finished ends the login', async (_what, options) => {
    await start()
    const address = await comeBack(journey)
    const { set } = store
    let status: number | undefined
    // Just before the session is written: it cannot be found yet.
    jest.spyOn(store, 'set').mockImplementation((sid, data, done) => {
      const write = (): void => {
        Reflect.apply(set, store, [sid, data, done])
      }
      if (sid.startsWith('cis2.') || status !== undefined) return write()
      status = 0
      void sendNew(options).then((answered) => {
        status = answered
        write()
      })
    })
    const page = await journey.browser.get(address)
    expect([status, page.status]).toEqual([200, 401])
    expect(page.text).toContain('ERR_CIS2_LOGIN_ENDED')
    expect(await isLoggedIn(journey.browser)).toBe(false)
    expect(await source().sessionIds()).toEqual([])
  })

  it.each([
    ['of 10 kB', 'x'.repeat(10_000)],
    ['that looks like a key of the store', 'sess:*'],
    ['that looks like a prototype', '__proto__'],
    ['with / + and =', 'a/b+c=='],
  ])('may name a session %s, and nothing else in the store', async (_what, sid) => {
    await start()
    const bystander = journey.anotherBrowser()
    await logIn({ app: journey.app, browser: bystander }, 'receptionist')
    simulator.setFault('idTokenClaims', { sid })
    await logIn(journey)
    simulator.clearFaults()
    expect(await isLoggedIn(journey.browser)).toBe(true)
    expect(await sendNew({ claims: { sid } })).toBe(200)
    expect([await isLoggedIn(journey.browser), await isLoggedIn(bystander)]).toEqual([false, true])
  })

  it('finds the sessions that are left when one of the person’s was logged out', async () => {
    await start()
    const [first, second, third] = newBrowsers(3) as [Browser, Browser, Browser]
    for (const browser of [first, second, third]) await logIn({ app: journey.app, browser })
    await second.post(`${journey.app.baseUrl}/cis2/logout`, {})
    expect(await sendNew({ person: 'nurse', ...personOnly })).toBe(200)
    expect(lastEvent()).toMatchObject({ sessionsEnded: 2 })
    expect(await Promise.all([first, second, third].map((each) => isLoggedIn(each)))).toEqual([
      false,
      false,
      false,
    ])
  })

  it('finds a session under the id that stepping up gave it', async () => {
    await start()
    await logIn(journey)
    const old = journey.browser.clone()
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect([await isLoggedIn(old), await isLoggedIn(journey.browser)]).toEqual([false, true])
    expect(await sendNew(personOnly)).toBe(200)
    expect(lastEvent()).toMatchObject({ sessionsEnded: 1 })
    expect(await isLoggedIn(journey.browser)).toBe(false)
  })

  it('ends as many sessions as one person has, made at the same time', async () => {
    await start()
    const browsers = newBrowsers(25)
    await Promise.all(browsers.map((browser) => logIn({ app: journey.app, browser })))
    expect(await sendNew({ person: 'nurse', ...personOnly })).toBe(200)
    expect(await source().sessionIds()).toEqual([])
    expect(lastEvent()).toMatchObject({ sessionsEnded: 25 })
  })
})
