import session, { type SessionData, type Store } from 'express-session'
import type { Express } from 'express'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import type { Browser } from '../support/browser.js'
import { addEndingRoutes, endings, replacements } from '../support/endings.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// What is written late never brings a login back.

let simulator: Simulator
let journey: Journey
let other: RunningApp | undefined
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  await other?.close()
  other = undefined
  await journey.close()
})

/** Requests that wait until the test lets them go on, and then write the session. */
interface SlowRoute {
  /** The routes. */
  readonly after: (app: Express) => void
  readonly arrived: Promise<void>
  goOn(): void
}

function createSlowRoute(): SlowRoute {
  let arrive = (): void => undefined
  let goOn = (): void => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const wait = new Promise<void>((resolve) => (goOn = resolve))
  return {
    arrived,
    goOn: () => goOn(),
    after: (app) => {
      app.get('/touch', async (req, res) => {
        arrive()
        await wait
        Object.assign(req.session, { touched: true })
        res.send('touched')
      })
      app.get('/read', async (_req, res) => {
        arrive()
        await wait
        res.send('read')
      })
      app.get('/unset', (req, res) => {
        Reflect.set(req, 'session', null)
        res.send('unset')
      })
      addEndingRoutes(app)
    },
  }
}

/** @param app that is asked, with the cookies that the browser has of the first one */
async function isLoggedIn(browser: Browser, app = journey.app): Promise<boolean> {
  return (await browser.get(`${app.baseUrl}/private`, cookiesOf(browser))).status === 200
}

function cookiesOf(browser: Browser): { cookie: string } {
  return { cookie: browser.cookieHeader(journey.app.baseUrl) }
}

/** Ends the login while a request to this path is under way, which then comes to its own end. */
async function expectEndToLast(
  path: string,
  slow: SlowRoute,
  end: (journey: Journey) => Promise<unknown>,
): Promise<void> {
  const old = journey.browser.clone()
  const inFlight = old.get(journey.app.baseUrl + path)
  await slow.arrived
  await end(journey)
  slow.goOn()
  expect((await inFlight).status).toBe(200)
  expect(await isLoggedIn(old)).toBe(false)
}

describeWithEveryStore('a login that has ended', (source) => {
  const start = async (slow: SlowRoute, settings: AppSettings = {}): Promise<Store> => {
    const store = await source().empty()
    const { sessionOptions, ...others } = settings
    journey = await joinSimulator(simulator, {
      sessionOptions: { store, ...sessionOptions },
      after: slow.after,
      ...others,
    })
    await logIn(journey)
    return store
  }

  describe.each([false, true])('while a request is in flight, with resave %s,', (resave) => {
    it.each([...endings, ...replacements])('stays dead when it was ended by %s', async (_who, end) => {
      const slow = createSlowRoute()
      await start(slow, { sessionOptions: { resave, rolling: resave } })
      await expectEndToLast('/touch', slow, end)
    })

    it.each(endings)('on another process stays dead, ended by %s', async (_who, end) => {
      const slow = createSlowRoute()
      await start(slow, { sessionOptions: { resave } })
      other = await startApp({
        issuer: simulator.issuer,
        ...simulator.client,
        sessionOptions: { store: await source().another(), resave },
        after: slow.after,
      })
      const old = journey.browser.clone()
      expect(await isLoggedIn(old, other)).toBe(true)
      const inFlight = old.get(`${other.baseUrl}/touch`, cookiesOf(old))
      await slow.arrived
      await end(journey)
      slow.goOn()
      expect((await inFlight).status).toBe(200)
      expect(await isLoggedIn(old)).toBe(false)
      expect(await isLoggedIn(old, other)).toBe(false)
      expect(await source().sessionIds()).toEqual([])
    })
  })

  it('is not brought back by the note that somebody was active', async () => {
    const slow = createSlowRoute()
    await start(slow, { session: { idleTimeoutMinutes: 0.02 } })
    await new Promise((resolve) => setTimeout(resolve, 400))
    const old = journey.browser.clone()
    const inFlight = old.get(`${journey.app.baseUrl}/touch`)
    await slow.arrived
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    slow.goOn()
    await inFlight
    expect(await isLoggedIn(old)).toBe(false)
  })
})

/** Stores whose `touch` writes a session that is not there, in one way and the other. */
class SettingStore extends session.MemoryStore {
  override touch(...[id, data, done]: Parameters<Store['set']>): void {
    this.set(id, data, done)
  }
}

class UpsertingStore extends session.MemoryStore {
  override touch(...[id, data, done]: Parameters<Store['set']>): void {
    super.set(id, JSON.parse(JSON.stringify(data)) as SessionData, done)
  }
}

describe.each([
  ['sets', () => new SettingStore()],
  ['upserts', () => new UpsertingStore()],
])('a login that has ended, with a store that %s where it should touch', (_how, createStore) => {
  it.each(endings)('stays dead when it was ended by %s', async (_who, end) => {
    const slow = createSlowRoute()
    journey = await joinSimulator(simulator, { sessionOptions: { store: createStore() }, after: slow.after })
    await logIn(journey)
    expect(await isLoggedIn(journey.browser)).toBe(true)
    await expectEndToLast('/read', slow, end)
  })
})

describe('a login that has ended, with routes before the middleware', () => {
  it.each(endings)('stays dead when it was ended by %s', async (_who, end) => {
    const slow = createSlowRoute()
    const mount: AppSettings['mount'] = (app, cis2) => {
      slow.after(app)
      app.use(cis2.router())
    }
    journey = await joinSimulator(simulator, { mount })
    await logIn(journey)
    await expectEndToLast('/touch', slow, end)
  })
})

describe('a login that the application ends by taking the session away', () => {
  it('is over everywhere, where that destroys the session', async () => {
    const slow = createSlowRoute()
    journey = await joinSimulator(simulator, { sessionOptions: { unset: 'destroy' }, after: slow.after })
    await logIn(journey)
    const old = journey.browser.clone()
    const inFlight = old.get(`${journey.app.baseUrl}/touch`)
    await slow.arrived
    await journey.browser.get(`${journey.app.baseUrl}/unset`)
    slow.goOn()
    await inFlight
    expect(await isLoggedIn(old)).toBe(false)
  })
})
