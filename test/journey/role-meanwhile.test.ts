import type { Store } from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Page } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { addEndingRoutes, endings, replacements } from '../support/endings.js'
import { createGate, type Gate } from '../support/gate.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import { script } from '../support/guarded-routes.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { platformRoutes } from '../support/platform-app.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// What happens in one tab while another one changes the role.

const gp = '555000002002'
const doctor = 'doctor-many-roles'

let simulator: Simulator
let journey: Journey
let other: RunningApp | undefined
let gate: Gate
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  await other?.close()
  other = undefined
  await journey.close()
  simulator.clearFaults()
})

const at = (path: string): string => journey.app.baseUrl + path

/** Routes that wait at the gate, and then change the role or end the session that they had read before. */
const slowRoutes: NonNullable<AppSettings['after']> = (app) => {
  app.get('/slow-role', async (req, res, next) => {
    await gate.pass()
    req.cis2.selectRole(gp).then(() => res.send('chosen'), next)
  })
  app.get('/two-roles', (req, res, next) => {
    const both = [gp, '555000002001'].map((id) => req.cis2.selectRole(id))
    Promise.all(both).then(() => res.json(req.cis2.user?.selectedRole), next)
  })
  app.get('/slow-logout', async (req, res, next) => {
    await gate.pass()
    req.cis2.logout().then(() => res.send('logged out'), next)
  })
  addEndingRoutes(app)
}

const reauthenticate = '/cis2/login?reauthenticate=true'
describeWithEveryStore('a login that ends while its role is changed', (source) => {
  const start = async (): Promise<Store> => {
    gate = createGate()
    const store = await source().empty()
    journey = await joinSimulator(simulator, { sessionOptions: { store }, after: slowRoutes })
    await logIn(journey, doctor)
    return store
  }

  it.each([...endings, ...replacements])('stays dead when it was ended by %s', async (_who, end) => {
    await start()
    const tab = journey.browser.clone()
    const changing = tab.get(at('/slow-role'))
    await gate.reached
    await end(journey)
    gate.open()
    const page = await changing
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 401, cookies: [] })
    expect((await tab.get(at('/private'))).status).toBe(302)
    expect(journey.app.events.map(({ name }) => name)).not.toContain('role.selected')
  })

  it.each([...endings, ...replacements])(
    'stays dead when it was ended by %s, under an id that it has got meanwhile',
    async (_who, end) => {
      await start()
      const tab = journey.browser.clone()
      const changing = tab.get(at('/slow-role'))
      await gate.reached
      for (const times of [1, 2])
        expect([times, (await journey.browser.post(at('/cis2/role'), { roleId: gp })).status]).toEqual([
          times,
          303,
        ])
      await end(journey)
      gate.open()
      expect((await changing).status).toBe(401)
      expect((await tab.get(at('/private'))).status).toBe(302)
    },
  )

  it('is none where one request changes the role twice at once: the last change stays', async () => {
    await start()
    const page = await journey.browser.get(at('/two-roles'))
    expect(JSON.parse(page.text)).toMatchObject({ outcome: 'selected', role: { id: '555000002001' } })
    expect((await journey.browser.get(at('/private'))).status).toBe(200)
    expect(await source().sessionIds()).toHaveLength(1)
  })

  it('stays dead when another process has changed the role', async () => {
    await start()
    other = await startApp({
      issuer: simulator.issuer,
      ...simulator.client,
      sessionOptions: { store: await source().another() },
      after: slowRoutes,
    })
    const tab = journey.browser.clone()
    const changing = tab.get(`${other.baseUrl}/slow-role`, { cookie: tab.cookieHeader(at('/')) })
    await gate.reached
    await journey.browser.post(at('/cis2/logout'), {})
    gate.open()
    expect((await changing).status).toBe(401)
    expect(await source().sessionIds()).toEqual([])
  })
})

describe('a logout that had read the session before the role was changed', () => {
  let store: FaultyStore
  const sessionsLeft = async (): Promise<number> => (await store.sessions()).length
  const choose = (): Promise<Page> =>
    journey.browser.post(at('/cis2/role'), { roleId: gp, returnTo: '/private' })

  beforeEach(async () => {
    gate = createGate()
    store = new FaultyStore()
    journey = await joinSimulator(simulator, { sessionOptions: { store }, after: slowRoutes })
    await logIn(journey, doctor)
  })

  it('ends the login that has gone on under a new id, and under the next', async () => {
    const leaving = journey.browser.clone().get(at('/slow-logout'))
    await gate.reached
    for (const times of [1, 2]) expect([times, (await choose()).status]).toEqual([times, 303])
    expect((await journey.browser.get(at('/private'))).status).toBe(200)
    gate.open()
    expect((await leaving).text).toBe('logged out')
    expect((await journey.browser.get(at('/private'))).status).toBe(302)
    expect(await sessionsLeft()).toBe(0)
  })

  it('is as good as a login of somebody else that had', async () => {
    const { app, browser } = journey
    simulator.setFault('token.delay', 300)
    simulator.requests.clear()
    const arriving = logIn({ app, browser: browser.clone() }, 'receptionist', reauthenticate)
    while (simulator.requests.count('token') === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await choose()).status).toBe(303)
    expect((await arriving).status).toBe(303)
    expect((await browser.get(at('/private'))).status).toBe(302)
    expect(await sessionsLeft()).toBe(1)
  })

  it.each(['regenerate', 'set'] as const)(
    'ends it also while the store is held at its "%s", and the person is led to log in',
    async (operation) => {
      const leaving = journey.browser.clone().get(at('/slow-logout'))
      await gate.reached
      const held = store.hold(operation)
      const choosing = choose()
      await held.reached
      gate.open()
      expect((await leaving).text).toBe('logged out')
      held.release()
      const page = await choosing
      expect({ status: page.status, location: page.headers.location, cookies: page.cookies }).toEqual({
        status: 303,
        location: '/cis2/login?returnTo=%2Fprivate',
        cookies: [],
      })
      expect(await sessionsLeft()).toBe(0)
    },
  )

  it('ends it also when a script has changed the role, which gets a 401', async () => {
    const leaving = journey.browser.clone().get(at('/slow-logout'))
    await gate.reached
    const held = store.hold('set')
    const json = { ...script, 'content-type': 'application/json' }
    const choosing = journey.browser.send('POST', at('/cis2/role'), json, JSON.stringify({ roleId: gp }))
    await held.reached
    gate.open()
    await leaving
    held.release()
    expect((await choosing).status).toBe(401)
  })

  it.each(['regenerate', 'set'] as const)(
    'is not what a person is told of whose role could not be saved, because "%s" failed',
    async (operation) => {
      store.break(operation, 'fails')
      const page = await choose()
      store.mend()
      expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
      expect(page.text).toContain('ERR_CIS2_SESSION_WRITE')
    },
  )

  it('ends it also when it finds no session, because the id that it came with has just been changed', async () => {
    const tab = journey.browser.clone()
    for (const times of [1, 2]) expect([times, (await choose()).status]).toEqual([times, 303])
    expect((await tab.post(at('/cis2/logout'), {})).location).toBe(at('/cis2/logged-out'))
    expect((await journey.browser.get(at('/private'))).status).toBe(302)
    expect(await sessionsLeft()).toBe(0)
    const [ended, ...more] = journey.app.events.filter(({ name }) => name === 'logout.succeeded')
    expect([ended, more]).toMatchObject([{ sub: '555000000002', route: 'logout' }, []])
  })

  it('ends no other login, whatever its cookie names', async () => {
    const { app, browser } = journey
    const tab = browser.clone()
    await logIn(journey, doctor, reauthenticate)
    expect((await tab.post(at('/cis2/logout'), {})).status).toBe(303)
    const cookie = 'a=s:.; b=s:x.y; c=s%3Anobody%2Fs.signature; connect.sid=s%3A'
    const page = await journey.anotherBrowser().post(at('/cis2/logout'), {}, { cookie })
    expect(page.status).toBe(303)
    expect((await browser.get(at('/private'))).status).toBe(200)
    expect(app.events.map(({ name }) => name)).not.toContain('logout.succeeded')
  })

  it('says so when the store fails before it is ended', async () => {
    const tab = journey.browser.clone()
    await choose()
    store.break('destroy', 'fails')
    expect((await tab.post(at('/cis2/logout'), {})).status).toBe(503)
    store.mend()
    expect((await tab.post(at('/cis2/logout'), {})).status).toBe(303)
    expect((await journey.browser.get(at('/private'))).status).toBe(302)
  })

  it('is not seen in a double click, which changes the role', async () => {
    const pages = await Promise.all([choose(), choose()])
    expect(pages.map(({ location }) => location)).toEqual([at('/private'), at('/private')])
    expect((await journey.browser.get(at('/private'))).status).toBe(200)
  })
})

describe('tokens of the API platform that are fetched while the role is changed', () => {
  it('are good for the login under its new id, and the platform is asked once', async () => {
    const application = await simulator.registerPlatformApplication()
    journey = await joinSimulator(simulator, { after: platformRoutes(() => application).routes })
    await logIn(journey, doctor)
    const asked = (): number =>
      simulator.requests.filter(({ endpoint }) => endpoint === 'platformToken').length
    simulator.requests.clear()
    simulator.setFault('platformToken.delay', 300)
    const fetching = journey.browser.clone().get(at('/token'))
    while (asked() === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await journey.browser.post(at('/cis2/role'), { roleId: gp })).status).toBe(303)
    const first = await fetching
    expect(first.status).toBe(200)
    const second = await journey.browser.get(at('/token'))
    expect([second.text, asked()]).toEqual([first.text, 1])
  })
  it('end with the login all the same', async () => {
    const application = await simulator.registerPlatformApplication()
    const store = new FaultyStore()
    const { routes: after } = platformRoutes(() => application)
    journey = await joinSimulator(simulator, { sessionOptions: { store }, after })
    await logIn(journey, doctor)
    simulator.requests.clear()
    simulator.setFault('platformToken.delay', 300)
    const fetching = journey.browser.clone().get(at('/token'))
    const isAsked = (): boolean => simulator.requests.some(({ endpoint }) => endpoint === 'platformToken')
    while (!isAsked()) await new Promise((resolve) => setTimeout(resolve, 10))
    await journey.browser.post(at('/cis2/role'), { roleId: gp })
    expect((await fetching).status).toBe(200)
    expect((await journey.browser.post(at('/cis2/logout'), {})).status).toBe(303)
    // The answer does not wait for it.
    const hasTokens = (): Promise<boolean> =>
      new Promise((resolve) => {
        store.memory.all((_error, all) => resolve(JSON.stringify(all).includes('accessToken')))
      })
    while (await hasTokens()) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})
