import session from 'express-session'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import type { Browser } from '../support/browser.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

let journey: Journey
let other: RunningApp | undefined
afterEach(async () => {
  await other?.close()
  other = undefined
  await journey.close()
})

/** Requests that wait until the test lets them go on, and then write the session. */
function withSlowRoute(): { settings: Pick<AppSettings, 'after'>; arrived: Promise<void>; goOn: () => void } {
  let arrive = (): void => undefined
  let goOn = (): void => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const wait = new Promise<void>((resolve) => (goOn = resolve))
  const after: AppSettings['after'] = (app) =>
    void app.get('/touch', async (req, res) => {
      arrive()
      await wait
      Object.assign(req.session, { touched: true })
      res.send('touched')
    })
  return { settings: { after }, arrived, goOn }
}

async function isLoggedIn(browser: Browser, app = journey.app): Promise<boolean> {
  return (await browser.get(`${app.baseUrl}/private`)).status === 200
}

const endings: readonly [string, (journey: Journey) => Promise<unknown>][] = [
  ['the person', ({ browser, app }) => browser.clone().post(`${app.baseUrl}/cis2/logout`, {})],
  ['CIS2', ({ simulator }) => simulator.sendLogoutToken()],
  ['CIS2, for all sessions', ({ simulator }) => simulator.sendLogoutToken({ claims: { sid: undefined } })],
  ['the application itself', ({ browser, app }) => browser.clone().get(`${app.baseUrl}/destroy`)],
  [
    'a login of somebody else',
    ({ browser, app }) => logIn({ app, browser: browser.clone() }, 'receptionist', reauthenticate),
  ],
  [
    'a login of the same person',
    ({ browser, app }) => logIn({ app, browser: browser.clone() }, 'nurse', reauthenticate),
  ],
]
const reauthenticate = '/cis2/login?reauthenticate=true'

describe.each([false, true])('a request in flight, with resave %s,', (resave) => {
  it.each(endings)('does not bring back a session that was ended by %s', async (_who, end) => {
    const slow = withSlowRoute()
    journey = await startJourney({
      sessionOptions: { resave, rolling: resave },
      after: (app, cis2) => {
        slow.settings.after?.(app, cis2)
        app.get('/destroy', (req, res) => void req.session.destroy(() => res.send('destroyed')))
      },
    })
    await logIn(journey)
    const old = journey.browser.clone()
    const inFlight = old.get(`${journey.app.baseUrl}/touch`)
    await slow.arrived
    await end(journey)
    slow.goOn()
    expect((await inFlight).status).toBe(200)
    expect(await isLoggedIn(old)).toBe(false)
  })
})

describe('on another process with the same store', () => {
  it.each(endings.slice(0, 3))('a session ended by %s stays dead', async (_who, end) => {
    const store = new session.MemoryStore()
    journey = await startJourney({ sessionOptions: { store } })
    const slow = withSlowRoute()
    other = await startApp({
      issuer: journey.simulator.issuer,
      ...journey.simulator.client,
      sessionOptions: { store },
      ...slow.settings,
    })
    await logIn(journey)
    const old = journey.browser.clone()
    const inFlight = old.get(`${other.baseUrl}/touch`)
    await slow.arrived
    await end(journey)
    slow.goOn()
    expect((await inFlight).status).toBe(200)
    expect(await isLoggedIn(old)).toBe(false)
    expect(await isLoggedIn(old, other)).toBe(false)
  })
})

it('the activity note of a slow request does not bring a session back', async () => {
  const slow = withSlowRoute()
  journey = await startJourney({ session: { idleTimeoutMinutes: 0.02 }, ...slow.settings })
  await logIn(journey)
  await new Promise((resolve) => setTimeout(resolve, 400))
  const old = journey.browser.clone()
  const inFlight = old.get(`${journey.app.baseUrl}/touch`)
  await slow.arrived
  expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
  slow.goOn()
  await inFlight
  expect(await isLoggedIn(old)).toBe(false)
})

describe('a session under a new id', () => {
  it('is found by back-channel logout, and its old id is dead', async () => {
    journey = await startJourney({
      after: (app) =>
        void app.get('/regenerate', (req, res, next) => {
          const { cis2 } = req.session
          req.session.regenerate((error: unknown) => {
            if (error) return next(error)
            if (cis2) req.session.cis2 = cis2
            res.send('regenerated')
          })
        }),
    })
    await logIn(journey)
    const old = journey.browser.clone()
    await journey.browser.get(`${journey.app.baseUrl}/regenerate`)
    expect([await isLoggedIn(old), await isLoggedIn(journey.browser)]).toEqual([false, true])
    expect((await journey.simulator.sendLogoutToken()).status).toBe(200)
    expect(await isLoggedIn(journey.browser)).toBe(false)
  })
})

describe('newest-wins', () => {
  it("ends the person's other sessions, and nobody else's", async () => {
    journey = await startJourney({ session: { concurrent: 'newest-wins' } })
    const [first, second, stranger] = [1, 2, 3].map(() => journey.anotherBrowser()) as [
      Browser,
      Browser,
      Browser,
    ]
    await logIn({ app: journey.app, browser: stranger }, 'receptionist')
    await logIn({ app: journey.app, browser: first })
    await logIn({ app: journey.app, browser: second })
    expect(await Promise.all([first, second, stranger].map((browser) => isLoggedIn(browser)))).toEqual([
      false,
      true,
      true,
    ])
  })
})
