import { jest } from '@jest/globals'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Browser, Page } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { createGate } from '../support/gate.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// Shared workstations: one login a person.

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
})

async function start(settings: AppSettings): Promise<void> {
  journey = await joinSimulator(simulator, { session: { concurrent: 'newest-wins' }, ...settings })
}

async function isLoggedIn(browser: Browser): Promise<boolean> {
  return (await browser.get(`${journey.app.baseUrl}/private`)).status === 200
}

const newBrowsers = (count: number): Browser[] =>
  Array.from({ length: count }, () => journey.anotherBrowser())

describeWithEveryStore('the newest login of a person', (source) => {
  it("ends the person's others, says so to the audit stream, and leaves everybody else's alone", async () => {
    await start({ sessionOptions: { store: await source().empty() } })
    const [first, second, stranger] = newBrowsers(3) as [Browser, Browser, Browser]
    await logIn({ app: journey.app, browser: stranger }, 'receptionist')
    await logIn({ app: journey.app, browser: first })
    journey.app.events.length = 0
    await logIn({ app: journey.app, browser: second })
    expect(await Promise.all([first, second, stranger].map(isLoggedIn))).toEqual([false, true, true])
    const [ended, begun] = ['logout.succeeded', 'login.succeeded'].map((name) =>
      journey.app.events.find((event) => event.name === name),
    )
    expect(ended).toMatchObject({ route: 'callback', sub: '555000000001', outcome: 'success' })
    expect(ended?.sessionHash).toMatch(/^[\w-]{43}$/)
    expect(ended?.sessionHash).not.toBe(begun?.sessionHash)
  })

  it('is one, when several are finished in the same instant', async () => {
    await start({ sessionOptions: { store: await source().empty() } })
    const browsers = newBrowsers(4)
    const addresses = await Promise.all(browsers.map((browser) => comeBack({ app: journey.app, browser })))
    const now = Date.now()
    jest.spyOn(Date, 'now').mockReturnValue(now)
    await Promise.all(browsers.map((browser, index) => browser.get(addresses[index] ?? '')))
    const alive = await Promise.all(browsers.map(isLoggedIn))
    expect(alive.filter(Boolean)).toHaveLength(1)
  })

  it('ends also one that the application is just taking into another session', async () => {
    const gate = createGate()
    await start({
      sessionOptions: { store: await source().empty() },
      after(app) {
        app.get('/take-along', (req, res, next) => {
          const { cis2 } = req.session
          req.session.regenerate((error: unknown) => {
            if (cis2) req.session.cis2 = cis2
            void gate.pass().then(() => (error ? next(error) : res.send('taken along')))
          })
        })
      },
    })
    const [first, second] = newBrowsers(2) as [Browser, Browser]
    await logIn({ app: journey.app, browser: first })
    const inFlight = first.get(`${journey.app.baseUrl}/take-along`)
    await gate.reached
    await logIn({ app: journey.app, browser: second })
    gate.open()
    await inFlight
    expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([false, true])
    expect((await second.get(`${journey.app.baseUrl}/take-along`)).text).toBe('taken along')
    expect(await isLoggedIn(second)).toBe(true)
  })

  it('is allowed beside the others where the application says nothing', async () => {
    await start({ session: {}, sessionOptions: { store: await source().empty() } })
    const browsers = newBrowsers(2)
    for (const browser of browsers) await logIn({ app: journey.app, browser })
    expect(await Promise.all(browsers.map(isLoggedIn))).toEqual([true, true])
  })
})

it('a login that was overtaken while it was saved ends itself', async () => {
  const store = new FaultyStore()
  await start({ sessionOptions: { store } })
  const [overtaken, latest] = newBrowsers(2) as [Browser, Browser]
  const address = await comeBack({ app: journey.app, browser: overtaken })
  const held = store.hold('set')
  const answer = overtaken.get(address)
  await held.reached
  await logIn({ app: journey.app, browser: latest })
  held.release()
  const page = await answer
  expect([page.status, page.text]).toEqual([401, expect.stringContaining('ERR_CIS2_LOGIN_ENDED')])
  expect([await isLoggedIn(overtaken), await isLoggedIn(latest)]).toEqual([false, true])
})

it.each(['regenerate', 'set'] as const)(
  'a login that was overtaken while its role was changed, at "%s", has ended',
  async (operation) => {
    const store = new FaultyStore()
    await start({ sessionOptions: { store } })
    const [overtaken, latest] = newBrowsers(2) as [Browser, Browser]
    const doctor = 'doctor-many-roles'
    const choose = (browser: Browser): Promise<Page> =>
      browser.post(`${journey.app.baseUrl}/cis2/role`, { roleId: '555000002002', returnTo: '/private' })
    await logIn({ app: journey.app, browser: overtaken }, doctor)
    const address = await comeBack({ app: journey.app, browser: latest }, doctor)
    const held = store.hold(operation)
    const choosing = choose(overtaken)
    await held.reached
    await latest.get(address)
    held.release()
    await choosing
    expect([await isLoggedIn(overtaken), await isLoggedIn(latest)]).toEqual([false, true])
    expect((await choose(latest)).location).toBe(`${journey.app.baseUrl}/private`)
    expect(await isLoggedIn(latest)).toBe(true)
  },
)

describe('a store that cannot end the others', () => {
  it.each(['fails', 'throws', 'hangs'] as const)('(destroy %s) lets nobody have two', async (fault) => {
    const store = new FaultyStore()
    await start({ sessionOptions: { store }, timeouts: { requestMs: fault === 'hangs' ? 2000 : 10_000 } })
    const [first, second] = newBrowsers(2) as [Browser, Browser]
    await logIn({ app: journey.app, browser: first })
    const address = await comeBack({ app: journey.app, browser: second })
    store.break('destroy', fault)
    // regenerate destroys too; only what comes after it is to fail.
    jest.spyOn(store, 'regenerate').mockImplementation((req, done) => {
      // express-session adds this one to every store.
      Reflect.apply(Reflect.get(store, 'generate') as (each: typeof req) => void, store, [req])
      done()
    })
    const page = await second.get(address)
    expect({
      status: page.status,
      cookies: page.cookies.filter((each) => each.startsWith('connect')),
    }).toEqual({
      status: 503,
      cookies: [],
    })
    expect(page.text).toContain('ERR_CIS2_SESSION_DESTROY')
    expect(await isLoggedIn(second)).toBe(false)
    store.mend()
    expect(journey.app.events.map(({ name }) => name)).toContain('login.failed')
    await logIn({ app: journey.app, browser: second })
    expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([false, true])
  })
})
