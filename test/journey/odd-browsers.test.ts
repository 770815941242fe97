import { request } from 'node:http'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { accepted, failures, judge, refused, reset } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let store: FaultyStore
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
  store = new FaultyStore()
  journey = await joinSimulator(simulator, {
    sessionOptions: { store },
    after: (app) =>
      void app.get('/plant', (req, res) => {
        Object.assign(req.session, { planted: true })
        res.send('planted')
      }),
  })
})
afterAll(async () => {
  await journey.close()
  await simulator.close()
})
beforeEach(async () => {
  reset(journey)
  store.mend()
  await new Promise((resolve) => store.memory.clear(resolve))
})

const newTab = (): Pick<Journey, 'app' | 'browser'> => ({
  app: journey.app,
  browser: journey.anotherBrowser(),
})

function cookieOf(browser: Browser, name: string): string {
  return browser.cookies(journey.app.baseUrl).find((each) => each.name === name)?.value ?? ''
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a browser that hangs up during the callback', () => {
  /** Sends the callback and hangs up as soon as the store is asked to save. */
  async function hangUp(address: string, browser: Browser): Promise<void> {
    const held = store.hold('set')
    const closed = new Promise<void>((resolve) => {
      const outgoing = request(address, { headers: { cookie: browser.cookieHeader(address) }, agent: false })
      outgoing.on('error', () => resolve())
      outgoing.end()
      void held.reached.then(() => outgoing.destroy())
    })
    await closed
    const { events } = journey.app
    held.release()
    await until(() => events.some(({ name }) => name === 'login.succeeded' || name === 'login.failed'))
  }

  it('costs one token request and leaves a whole session or none', async () => {
    const tab = newTab()
    await hangUp(await comeBack(tab), tab.browser)
    expect(simulator.requests.count('token')).toBe(1)
    for (const { cis2 } of await store.sessions())
      expect(cis2).toMatchObject({
        version: 1,
        sub: '555000000001',
        login: expect.stringMatching(/.{100}/) as string,
      })
    expect((await tab.browser.get(journey.app.baseUrl)).status).toBe(200)
  })

  it('can come again: it is told to start anew, and can', async () => {
    const tab = newTab()
    const address = await comeBack(tab)
    await hangUp(address, tab.browser)
    reset(journey)
    const page = await tab.browser.get(address)
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_ATTEMPT_USED', 400))
    reset(journey)
    expect(await judge(journey, tab.browser, await logIn(tab))).toEqual(accepted)
  })
})

describe('a browser with two session cookies', () => {
  it("is not logged in to the session that was there first, an attacker's", async () => {
    const attacker = newTab()
    await attacker.browser.get(`${journey.app.baseUrl}/plant`)
    const planted = cookieOf(attacker.browser, 'connect.sid')
    const victim = newTab()
    const address = await comeBack(victim)
    const cookie = `connect.sid=${planted}; ${victim.browser.cookieHeader(address)}; connect.sid=s%3Aold.sig`
    const page = await victim.browser.get(address, { cookie })
    expect(await judge(journey, victim.browser, page)).toEqual(accepted)
    expect(cookieOf(victim.browser, 'connect.sid')).not.toBe(planted)
    expect((await attacker.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
    expect(await store.sessions()).toEqual([expect.not.objectContaining({ planted: true })])
  })

  it("never finishes an attacker's login: the attempt is in the attacker's browser", async () => {
    const attacker = newTab()
    const address = await comeBack(attacker, 'pharmacist')
    await attacker.browser.get(`${journey.app.baseUrl}/plant`)
    const victim = newTab()
    await comeBack(victim)
    const page = await victim.browser.get(address, {
      cookie: `connect.sid=${cookieOf(attacker.browser, 'connect.sid')}; ${victim.browser.cookieHeader(address)}`,
    })
    expect(await judge(journey, victim.browser, page)).toEqual(
      refused('ERR_CIS2_ATTEMPT_COOKIE_MISSING', 400),
    )
  })

  it('is logged out of the session that it is in', async () => {
    const tab = newTab()
    await logIn(tab)
    const own = cookieOf(tab.browser, 'connect.sid')
    const page = await tab.browser.post(
      `${journey.app.baseUrl}/cis2/logout`,
      {},
      { cookie: `connect.sid=${own}; connect.sid=s%3Aold.sig` },
    )
    expect(page.status).toBe(303)
    expect(await store.sessions()).toEqual([])
  })

  it.each(['s%3Aunknown.signature', 'unknown', '%', 's%3A', 'x'.repeat(6000)])(
    'that mean nothing logs in all the same (%#)',
    async (value) => {
      const tab = newTab()
      tab.browser.setCookie(journey.app.baseUrl, 'connect.sid', value)
      expect(await judge(journey, tab.browser, await logIn(tab))).toEqual(accepted)
      expect(cookieOf(tab.browser, 'connect.sid')).not.toBe(value)
    },
  )
})

describe('fifty tabs of one browser', () => {
  const tabs = Array.from({ length: 50 }, (_, index) => index + 1)
  const attemptCookies = (browser: Browser) =>
    browser.cookies(journey.app.baseUrl).filter(({ name }) => name.startsWith('cis2.'))
  const sizeOf = (cookies: readonly { name: string; value: string }[]): number =>
    cookies.reduce((sum, { name, value }) => sum + name.length + value.length, 0)

  it('are twenty at most, the newest, and the others are told to start again', async () => {
    const { app, browser } = newTab()
    const addresses: string[] = []
    for (const tab of tabs)
      addresses.push(await comeBack({ app, browser }, 'nurse', `/cis2/login?returnTo=/private?tab=${tab}`))
    expect(attemptCookies(browser)).toHaveLength(20)
    expect(sizeOf(attemptCookies(browser))).toBeLessThanOrEqual(4096)
    expect(await store.sessions()).toEqual([])
    const landed: (string | undefined)[] = []
    for (const address of addresses) landed.push((await browser.get(address)).location?.split('tab=')[1])
    expect(landed).toEqual(tabs.map((tab) => (tab > 30 ? String(tab) : undefined)))
    expect(failures(app.events)).toEqual(Array.from({ length: 30 }, () => 'ERR_CIS2_ATTEMPT_COOKIE_MISSING'))
    expect(simulator.requests.count('token')).toBe(20)
  })

  it('that open at once are tidied up by the next one', async () => {
    const { app, browser } = newTab()
    const login = `${app.baseUrl}/cis2/login?returnTo=/private`
    await Promise.all(tabs.slice(0, 30).map(() => browser.get(login)))
    expect(attemptCookies(browser)).toHaveLength(30)
    await browser.get(login)
    expect(attemptCookies(browser)).toHaveLength(20)
    expect(await judge(journey, browser, await logIn({ app, browser }))).toEqual(accepted)
  })

  it('with long addresses are as many as fit into 4 KiB', async () => {
    const { app, browser } = newTab()
    const path = `/private?${'x'.repeat(1000)}`
    const addresses: string[] = []
    for (const _ of [1, 2, 3, 4, 5])
      addresses.push(await comeBack({ app, browser }, 'nurse', `/cis2/login?returnTo=${path}`))
    expect(sizeOf(attemptCookies(browser))).toBeLessThanOrEqual(4096)
    const pages = []
    for (const address of addresses) pages.push(await browser.get(address))
    expect(pages.map(({ status }) => status)).toEqual([400, 400, 400, 303, 303])
    expect(pages.at(-1)?.location).toBe(app.baseUrl + path)
  })
})
