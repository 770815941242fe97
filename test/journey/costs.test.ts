import { jest } from '@jest/globals'
import session from 'express-session'
import type { Endpoint } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import { choosePerson, comeBack, logIn, startJourney, type Journey } from '../support/login.js'

/** Counts what is asked of it. */
class CountingStore extends session.MemoryStore {
  readonly calls = { get: 0, set: 0, destroy: 0, touch: 0 }

  override get(...args: Parameters<session.MemoryStore['get']>): void {
    this.calls.get++
    super.get(...args)
  }

  override set(...args: Parameters<session.MemoryStore['set']>): void {
    // The shared records of the logout registry are no sessions.
    if (!args[0].startsWith('cis2.')) this.calls.set++
    super.set(...args)
  }

  override destroy(...args: Parameters<session.MemoryStore['destroy']>): void {
    this.calls.destroy++
    super.destroy(...args)
  }

  override touch(...args: Parameters<session.MemoryStore['touch']>): void {
    this.calls.touch++
    super.touch(...args)
  }

  sessionIds(): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.all((error: unknown, sessions) =>
        error ? reject(error) : resolve(Object.keys(sessions ?? {}).filter((id) => !id.startsWith('cis2.'))),
      )
    })
  }
}

let journey: Journey
let store: CountingStore
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
})

async function start(settings: AppSettings = {}): Promise<void> {
  store = new CountingStore()
  journey = await startJourney({ sessionOptions: { store }, ...settings })
}

function counts(): Record<string, number> {
  const endpoints: Endpoint[] = ['discovery', 'authorize', 'jwks', 'token', 'userInfo', 'endSession']
  return Object.fromEntries(endpoints.map((each) => [each, journey.simulator.requests.count(each)]))
}

describe('three logins', () => {
  it('cost one discovery, one key set, three token requests and three UserInfo requests', async () => {
    await start()
    for (let i = 0; i < 3; i++) {
      const browser = journey.anotherBrowser()
      expect((await logIn({ app: journey.app, browser })).status).toBe(303)
    }
    expect(counts()).toMatchObject({ discovery: 1, jwks: 1, token: 3, userInfo: 3, endSession: 0 })
    expect(await store.sessionIds()).toHaveLength(3)
  })

  it('at once cost the same', async () => {
    await start()
    const browsers = Array.from({ length: 3 }, () => journey.anotherBrowser())
    const pages = await Promise.all(browsers.map((browser) => logIn({ app: journey.app, browser })))
    expect(pages.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(counts()).toMatchObject({ discovery: 1, jwks: 1, token: 3, userInfo: 3 })
  })

  it('cost no UserInfo request where userInfo is off', async () => {
    await start({ userInfo: false })
    expect((await logIn(journey)).status).toBe(303)
    expect(counts()).toMatchObject({ discovery: 1, jwks: 1, token: 1, userInfo: 0 })
  })
})

describe('the session store', () => {
  it('holds nothing of a login that is abandoned', async () => {
    await start()
    const { app, browser } = journey
    for (let i = 0; i < 5; i++) expect((await browser.get(`${app.baseUrl}/cis2/login`)).status).toBe(302)
    expect((await browser.get(`${app.baseUrl}/private`)).status).toBe(302)
    expect(await store.sessionIds()).toEqual([])
    expect(store.calls.set).toBe(0)
  })

  it('holds nothing of a login that is cancelled or refused', async () => {
    await start()
    const { app, browser, simulator } = journey
    const login = await browser.get(`${app.baseUrl}/cis2/login`)
    expect((await browser.get(await choosePerson(browser, login.location ?? '', 'cancel'))).status).toBe(400)
    simulator.setFault('idTokenSignature', 'bit-flipped')
    expect((await logIn(journey)).status).toBe(400)
    simulator.clearFaults()
    simulator.setFault('userInfo.status', 500)
    expect((await logIn(journey)).status).toBe(503)
    expect(await store.sessionIds()).toEqual([])
    expect(store.calls.set).toBe(0)
  })

  it('is written once for a login, before it is answered', async () => {
    await start()
    expect((await logIn(journey)).status).toBe(303)
    expect(store.calls.set).toBe(1)
    expect(await store.sessionIds()).toHaveLength(1)
  })

  it('is not written by requests of somebody who is logged in', async () => {
    await start()
    const { app, browser, simulator } = journey
    await logIn(journey)
    simulator.requests.clear()
    const before = { ...store.calls }
    for (let i = 0; i < 20; i++) expect((await browser.get(`${app.baseUrl}/me`)).status).toBe(200)
    expect(store.calls.set).toBe(before.set)
    expect(store.calls.destroy).toBe(before.destroy)
    expect(store.calls.get).toBe(before.get + 20)
    expect(simulator.requests).toHaveLength(0)
  })

  it('is written now and then, so that somebody at work stays logged in', async () => {
    await start()
    const { app, browser } = journey
    await logIn(journey)
    const start0 = Date.now()
    const clock = jest.spyOn(Date, 'now')
    const { set } = store.calls
    for (let minutes = 0; minutes <= 40; minutes += 5) {
      clock.mockReturnValue(start0 + minutes * 60_000)
      expect((await browser.get(`${app.baseUrl}/me`)).status).toBe(200)
    }
    expect(store.calls.set - set).toBeGreaterThanOrEqual(3)
    expect(store.calls.set - set).toBeLessThanOrEqual(9)
  })
})

describe('a request', () => {
  it('of nobody in particular costs no call to CIS2 and no session', async () => {
    await start()
    const { app, browser, simulator } = journey
    const page = await browser.get(app.baseUrl)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 200, cookies: [] })
    expect((await browser.get(`${app.baseUrl}/cis2/jwks`)).cookies).toEqual([])
    expect(simulator.requests).toHaveLength(0)
    expect(store.calls).toMatchObject({ get: 0, set: 0 })
  })

  it('to the login route of somebody who is logged in costs no call to CIS2', async () => {
    await start()
    const { app, browser, simulator } = journey
    await logIn(journey)
    simulator.requests.clear()
    const page = await browser.get(`${app.baseUrl}/cis2/login?returnTo=/me`)
    expect(page.location).toBe(`${app.baseUrl}/me`)
    expect(simulator.requests).toHaveLength(0)
  })

  it('with an answer that was never asked for costs no token request', async () => {
    await start()
    const { app, browser } = journey
    expect((await browser.get(`${app.baseUrl}/cis2/callback?code=abc&state=def`)).status).toBe(400)
    const callback = await comeBack(journey)
    expect((await journey.anotherBrowser().get(callback)).status).toBe(400)
    expect(counts()).toMatchObject({ token: 0, jwks: 0, userInfo: 0 })
  })
})
