import type { Express as App, NextFunction, Request, RequestHandler, Response } from 'express'
import { Passport } from 'passport'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type RunningApp } from '../support/app.js'
import type { Browser } from '../support/browser.js'
import { addEndingRoutes, endings, replacements, type Ending } from '../support/endings.js'
import { createGate, type Gate } from '../support/gate.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// Applications that give a session a new id themselves, and take the login along.

let simulator: Simulator
let journey: Journey
let other: RunningApp | undefined
let gate: Gate
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => {
  gate = createGate()
})
afterEach(async () => {
  await other?.close()
  other = undefined
  await journey.close()
})

/** Remembers the login of a session that is about to be left; what it returns puts it into the one that follows. */
function takeLoginAlong(req: Request, res: Response, next: NextFunction): (error: unknown) => void {
  const { cis2 } = req.session
  return (error) => {
    if (error) return next(error)
    if (cis2) req.session.cis2 = cis2
    res.send('taken along')
  }
}

const passport = new Passport()
passport.serializeUser((user, done) => done(null, user))

const pass: RequestHandler = (_req, _res, next) => void gate.pass().then(() => next())

interface Way {
  readonly handlers: readonly RequestHandler[]
  /** Whether the session is still there while the gate is closed: requests that find none end nothing by replacing it. */
  readonly isThere: boolean
}

/** The ways to take a login along, each with a gate where a logout may come in between. */
const ways: Readonly<Record<string, Way>> = {
  '/before-it-leaves': {
    isThere: true,
    handlers: [pass, (req, res, next) => void req.session.regenerate(takeLoginAlong(req, res, next))],
  },
  '/before-it-writes': {
    isThere: false,
    handlers: [
      (req, res, next) => {
        const take = takeLoginAlong(req, res, next)
        req.session.regenerate((error: unknown) => void gate.pass().then(() => take(error)))
      },
    ],
  },
  '/between-two-sessions': {
    isThere: false,
    handlers: [
      (req, res, next) => {
        const take = takeLoginAlong(req, res, next)
        const { cis2 } = req.session
        req.session.regenerate(() => {
          Object.assign(req.session, { cis2 })
          void gate.pass().then(() => req.session.regenerate(take))
        })
      },
    ],
  },
  '/past-a-session-of-nobody': {
    isThere: false,
    handlers: [
      (req, res, next) => {
        const take = takeLoginAlong(req, res, next)
        req.session.regenerate(() => void gate.pass().then(() => req.session.regenerate(take)))
      },
    ],
  },
  '/before-two-sessions': {
    isThere: true,
    handlers: [
      pass,
      (req, res, next) => {
        const take = takeLoginAlong(req, res, next)
        const { cis2 } = req.session
        req.session.regenerate(() => {
          Object.assign(req.session, { cis2 })
          req.session.regenerate(take)
        })
      },
    ],
  },
  '/with-passport': {
    isThere: true,
    handlers: [
      passport.initialize(),
      pass,
      (req, res, next) => {
        const options = { session: true, keepSessionInfo: true }
        const user = { id: 'local' } as unknown as Express.User
        req.logIn(user, options, (error: unknown) => (error ? next(error) : res.send('taken along')))
      },
    ],
  },
}

type EndDuring = readonly [path: string, who: string, end: Ending[1]]

function endsDuring(path: string, isThere: boolean): readonly EndDuring[] {
  const ends = isThere ? [...endings, ...replacements] : endings.slice(0, 3)
  return ends.map(([who, end]) => [path, who, end])
}

function addRoutes(app: App): void {
  app.get('/at-once', (req, res, next) => void req.session.regenerate(takeLoginAlong(req, res, next)))
  for (const [path, { handlers }] of Object.entries(ways)) app.get(path, ...handlers)
  addEndingRoutes(app)
  app.get('/leave-late', pass, (req, res) => {
    req.session.regenerate(() => {
      Reflect.set(req, 'session', null)
      res.send('left')
    })
  })
}

/** Whether the browser's cookies are somebody's, as the first application sees it. */
async function isLoggedIn(browser: Browser, cookiesOf = journey.app): Promise<boolean> {
  const { baseUrl } = journey.app
  const page = await browser.get(`${baseUrl}/private`, { cookie: browser.cookieHeader(cookiesOf.baseUrl) })
  return page.status === 200
}

describeWithEveryStore('a login that the application takes into a session of its own', (source) => {
  const start = async (): Promise<void> => {
    const store = await source().empty()
    journey = await joinSimulator(simulator, { sessionOptions: { store }, after: addRoutes })
    await logIn(journey)
  }

  it.each(Object.keys(ways))('lives there and nowhere else, and ends there: %s', async (path) => {
    await start()
    gate.open()
    const { browser, app } = journey
    const old = browser.clone()
    for (const times of [1, 2]) {
      expect([times, (await browser.get(app.baseUrl + path)).text]).toEqual([times, 'taken along'])
      expect([times, await isLoggedIn(browser), await isLoggedIn(old)]).toEqual([times, true, false])
    }
    expect(await source().sessionIds()).toHaveLength(1)
    expect((await simulator.sendLogoutToken()).status).toBe(200)
    expect(await isLoggedIn(browser)).toBe(false)
  })

  it.each(Object.keys(ways))('ends there also by a tab that knows only the old id: %s', async (path) => {
    await start()
    gate.open()
    const { browser, app } = journey
    const old = browser.clone()
    await browser.get(app.baseUrl + path)
    await old.post(`${app.baseUrl}/cis2/logout`, {})
    expect(await isLoggedIn(browser)).toBe(false)
  })

  it('lives on where two requests take it along at once', async () => {
    await start()
    const { browser, app } = journey
    const tabs = [browser.clone(), browser.clone()]
    const both = tabs.map((tab) => tab.get(`${app.baseUrl}/before-it-leaves`))
    await gate.reached
    gate.open()
    await Promise.all(both)
    const live = await Promise.all(tabs.map((tab) => isLoggedIn(tab)))
    expect(live).toContain(true)
    expect((await simulator.sendLogoutToken()).status).toBe(200)
    for (const tab of tabs) expect(await isLoggedIn(tab)).toBe(false)
  })

  it.each(Object.entries(ways).flatMap(([path, { isThere }]) => (isThere ? endsDuring(path, true) : [])))(
    'stays dead in %s when it was ended by %s, where another request had taken it along',
    async (path, _who, end) => {
      await start()
      const tab = journey.browser.clone()
      const inFlight = tab.get(journey.app.baseUrl + path)
      await gate.reached
      for (const times of [1, 2])
        expect([times, (await journey.browser.get(`${journey.app.baseUrl}/at-once`)).text]).toEqual([
          times,
          'taken along',
        ])
      await end(journey)
      gate.open()
      await inFlight
      expect(await isLoggedIn(tab)).toBe(false)
    },
  )

  it.each([
    ['/leave-late', '/before-it-leaves'],
    ['/before-it-leaves', '/leave-late'],
  ])('is ended where one request leaves it in the same moment: %s, %s', async (...paths) => {
    await start()
    const { browser, app } = journey
    const tabs = paths.map(() => browser.clone())
    const both = tabs.map((tab, index) => tab.get(app.baseUrl + paths[index]))
    await gate.reached
    // Until both wait.
    await tabs[0]?.clone().get(`${app.baseUrl}/private`)
    gate.open()
    await Promise.all(both)
    for (const tab of tabs) expect(await isLoggedIn(tab)).toBe(false)
  })

  it('is ended by each of two requests that leave it, whatever the other does', async () => {
    await start()
    const { browser, app } = journey
    const [first, second] = [browser.clone(), browser.clone()]
    const late = [first, second].map((tab) => tab.get(`${app.baseUrl}/before-it-leaves`))
    await gate.reached
    await browser.clone().get(`${app.baseUrl}/leave`)
    gate.open()
    await Promise.all(late)
    expect([await isLoggedIn(first), await isLoggedIn(second)]).toEqual([false, false])
  })

  it.each(Object.entries(ways).flatMap(([path, { isThere }]) => endsDuring(path, isThere)))(
    'stays dead when it is ended during %s by %s',
    async (path, _who, end) => {
      await start()
      const tab = journey.browser.clone()
      const inFlight = tab.get(journey.app.baseUrl + path)
      await gate.reached
      await end(journey)
      gate.open()
      await inFlight
      expect(await isLoggedIn(tab)).toBe(false)
    },
  )

  it.each(Object.entries(ways).flatMap(([path, { isThere }]) => endsDuring(path, isThere).slice(0, 5)))(
    'on another process stays dead when it is ended during %s by %s',
    async (path, _who, end) => {
      await start()
      other = await startApp({
        issuer: simulator.issuer,
        ...simulator.client,
        sessionOptions: { store: await source().another() },
        after: addRoutes,
      })
      const tab = journey.browser.clone()
      const inFlight = tab.get(other.baseUrl + path, { cookie: tab.cookieHeader(journey.app.baseUrl) })
      await gate.reached
      await end(journey)
      gate.open()
      await inFlight
      expect(tab.cookieHeader(other.baseUrl)).not.toBe('')
      expect(await isLoggedIn(tab, other)).toBe(false)
      expect(await source().sessionIds()).toEqual([])
    },
  )
})
