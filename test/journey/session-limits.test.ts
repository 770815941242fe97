import { jest } from '@jest/globals'
import type { Store } from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// The server keeps the limits, whatever the store is.

const minute = 60
const hour = 3600
const fromScript = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'application/json' }

let simulator: Simulator
let journey: Journey
let store: Store
let loggedInAt: number
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
})

/** Seconds after the login. */
function setClock(seconds: number): void {
  jest.spyOn(Date, 'now').mockReturnValue(loggedInAt + seconds * 1000)
}

const visit = (path = '/private', headers: Record<string, string> = {}): Promise<Page> =>
  journey.browser.get(journey.app.baseUrl + path, headers)
const extend = (): Promise<Page> => journey.browser.post(`${journey.app.baseUrl}/cis2/session`, {})
const ask = async (): Promise<unknown> => JSON.parse((await visit('/cis2/session')).text)

describeWithEveryStore('the limits of a session', (source) => {
  async function start(settings: AppSettings = {}): Promise<void> {
    store = await source().empty()
    journey = await joinSimulator(simulator, { sessionOptions: { store }, ...settings })
    loggedInAt = Date.now()
    setClock(0)
    expect((await logIn(journey)).status).toBe(303)
  }

  /** How often a session is written while something happens. */
  async function writesDuring(act: () => Promise<unknown>): Promise<number> {
    const set = jest.spyOn(store, 'set')
    await act()
    const ids = set.mock.calls.map(([id]) => id)
    set.mockRestore()
    return ids.filter((id) => !id.startsWith('cis2.')).length
  }

  it('end it after 15 idle minutes, and say why to the next page', async () => {
    await start()
    setClock(15 * minute - 1)
    expect((await visit('/private')).status).toBe(200)
    setClock(30 * minute - 2)
    expect((await visit()).status).toBe(200)
    setClock(45 * minute - 2)
    const page = await visit()
    expect(page.status).toBe(401)
    expect(page.text).toContain('ERR_CIS2_SESSION_EXPIRED')
    expect((await visit()).status).toBe(302)
  })

  it('end it after 12 hours, however busy and however often somebody says that they are there', async () => {
    await start()
    for (let seconds = 0; seconds < 12 * hour; seconds += 14 * minute) {
      setClock(seconds)
      expect((await (seconds % 3 === 0 ? visit() : extend())).status).toBe(200)
    }
    setClock(12 * hour)
    expect((await extend()).status).toBe(401)
  })

  it('do not move when the page asks for them, and do when the person says that they are there', async () => {
    await start()
    setClock(14 * minute)
    expect(await writesDuring(ask)).toBe(0)
    expect(await ask()).toEqual({
      loggedIn: true,
      secondsLeft: minute,
      idleSecondsLeft: minute,
      absoluteSecondsLeft: 12 * hour - 14 * minute,
    })
    expect(await writesDuring(extend)).toBe(1)
    expect(await ask()).toMatchObject({ idleSecondsLeft: 15 * minute })
    setClock(29 * minute)
    expect(await ask()).toEqual({ loggedIn: false })
  })

  it('cost one write of the session a minute at most', async () => {
    await start()
    const visits = async (from: number, to: number): Promise<void> => {
      for (let seconds = from; seconds < to; seconds += 10) {
        setClock(seconds)
        expect((await visit()).status).toBe(200)
      }
    }
    expect(await writesDuring(() => visits(0, minute))).toBe(0)
    expect(await writesDuring(() => visits(minute, 4 * minute))).toBe(3)
  })

  it('are told to a page though scripts have asked before it, and to each script', async () => {
    await start()
    setClock(15 * minute)
    expect(await ask()).toEqual({ loggedIn: false })
    for (const path of ['/private', '/me']) {
      const answer = await visit(path, fromScript)
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        401,
        { code: 'ERR_CIS2_SESSION_EXPIRED' },
      ])
    }
    expect(JSON.parse((await extend()).text)).toMatchObject({ code: 'ERR_CIS2_SESSION_EXPIRED' })
    expect((await visit('/')).status).toBe(200)
    expect((await visit()).text).toContain('Your session has ended')
    expect((await visit()).status).toBe(302)
    expect((await logIn(journey)).status).toBe(303)
    expect((await visit()).status).toBe(200)
  })

  it('end it for a request in flight too: what that one writes brings nothing back', async () => {
    let goOn = (): void => undefined
    let arrive = (): void => undefined
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    await start({
      after: (app) =>
        void app.get('/slow', async (_req, res) => {
          arrive()
          await new Promise<void>((resolve) => (goOn = resolve))
          res.send('slow')
        }),
    })
    const old = journey.browser.clone()
    setClock(15 * minute - 1)
    const inFlight = old.get(`${journey.app.baseUrl}/slow`)
    await arrived
    setClock(15 * minute + 1)
    expect((await visit()).status).toBe(401)
    goOn()
    expect((await inFlight).status).toBe(200)
    expect((await old.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
  })

  it('are the same for twenty requests at once, which stay one session', async () => {
    await start()
    setClock(minute)
    const pages = await Promise.all(Array.from({ length: 20 }, () => visit('/me')))
    const sessions = pages.map(({ text }) => JSON.parse(text) as { user: unknown; session: unknown })
    expect(new Set(sessions.map((each) => JSON.stringify(each.user))).size).toBe(1)
    const cookies = pages.flatMap((page) => page.cookies)
    expect(cookies.filter((cookie) => cookie.startsWith('connect.sid'))).toEqual([])
    expect(await source().sessionIds()).toHaveLength(1)
  })

  it.each([
    ['an hour on', hour, 401],
    ['an hour back', -hour, 401],
    ['half a minute back', -30, 200],
  ])('hold when the clock jumps %s', async (_what, seconds, status) => {
    await start()
    setClock(seconds)
    expect((await visit()).status).toBe(status)
    expect((await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')).status).toBe(303)
    expect((await visit()).status).toBe(200)
  })
})
