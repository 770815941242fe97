import { jest } from '@jest/globals'
import { json, type Express } from 'express'
import type { Cis2SessionRecord } from '../../lib/session/session-data.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings, RecordedEvent } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let store: FaultyStore
let journey: Journey
let loggedInAt: number

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
})

/** Logs somebody in while the clock stands still. */
async function start(settings: AppSettings = {}): Promise<void> {
  store = new FaultyStore()
  journey = await joinSimulator(simulator, { sessionOptions: { store }, after: planting, ...settings })
  loggedInAt = Date.now()
  setClock(0)
  expect((await logIn(journey)).status).toBe(303)
  journey.app.events.length = 0
}

/** Seconds after the login. */
function setClock(seconds: number): void {
  jest.spyOn(Date, 'now').mockReturnValue(loggedInAt + seconds * 1000)
}

/** Routes that put into the session what an application, a new version or a broken store could have put there. */
function planting(app: Express): void {
  app.post('/plant', json({ strict: false }), (req, res) => {
    Object.assign(req.session, req.body)
    res.send('planted')
  })
  app.get(
    '/peek',
    (req, res) => void res.json({ keys: Object.keys(req.session), me: req.cis2.user?.sub ?? null }),
  )
}

function plant(data: unknown): Promise<Page> {
  const headers = { 'content-type': 'application/json' }
  return journey.browser.send('POST', `${journey.app.baseUrl}/plant`, headers, JSON.stringify(data))
}

const visit = (path = '/private'): Promise<Page> => journey.browser.get(journey.app.baseUrl + path)
const expiries = (): RecordedEvent[] => journey.app.events.filter(({ name }) => name === 'session.expired')
const sessionCookie = (): string =>
  journey.browser.cookies(journey.app.baseUrl).find(({ name }) => name === 'connect.sid')?.value ?? ''

describe('a login', () => {
  const hour = 3600

  it.each<readonly [string, readonly number[], number, boolean]>([
    ['at once', [], 0, true],
    ['after just under 15 minutes', [], 899, true],
    ['after 15 minutes', [], 900, false],
    ['14 minutes after a visit in the 14th', [840], 1680, true],
    ['15 minutes after a visit in the 14th', [840], 1740, false],
    ['with a visit too soon after the login to be written down', [30], 899, true],
    ['a day later', [], 24 * hour, false],
    ['one minute before it began', [], -59, true],
    ['more than a minute before it began: a clock was set back', [], -61, false],
    ['a day before it began', [], -24 * hour, false],
  ])('%s', async (_what, visits, seconds, isAlive) => {
    await start()
    for (const each of visits) {
      setClock(each)
      expect((await visit()).status).toBe(200)
    }
    setClock(seconds)
    expect((await visit()).status).toBe(isAlive ? 200 : 401)
    expect(expiries()).toHaveLength(isAlive ? 0 : 1)
  })

  it('is not prolonged by a page that the browser fetches ahead, which is not told of its end either', async () => {
    await start()
    const prefetch = { 'sec-purpose': 'prefetch' }
    const fetchAhead = () => journey.browser.get(`${journey.app.baseUrl}/private`, prefetch)
    setClock(840)
    expect((await fetchAhead()).status).toBe(200)
    setClock(900)
    expect((await fetchAhead()).status).toBe(503)
    expect((await visit()).text).toContain('Your session has ended')
  })

  it('ends after 12 hours however busy', async () => {
    await start()
    for (let seconds = 600; seconds < 12 * hour; seconds += 600) {
      setClock(seconds)
      await visit()
    }
    setClock(12 * hour - 1)
    expect((await visit()).status).toBe(200)
    setClock(12 * hour)
    expect((await visit()).status).toBe(401)
  })

  it('lasts as long as the options say', async () => {
    await start({ session: { idleTimeoutMinutes: 0.5, absoluteTimeoutHours: 0.01 } })
    for (const [seconds, status] of [
      [29, 200],
      [35, 200],
      [36, 401],
      [36, 302],
    ] as const) {
      setClock(seconds)
      expect((await visit()).status).toBe(status)
    }
  })

  it('says on the request until when it lasts', async () => {
    await start()
    setClock(120)
    const { session } = JSON.parse((await visit('/me')).text) as { session: Record<string, number> }
    const second = Math.floor(loggedInAt / 1000)
    expect(session).toMatchObject({
      loggedInAt: second,
      idleExpiresAt: second + 120 + 900,
      absoluteExpiresAt: second + 12 * hour,
    })
  })
})

describe('a login whose time is over', () => {
  it('is told to the audit stream once, with whose it was', async () => {
    await start()
    setClock(900)
    await visit('/private?a=b')
    await visit()
    expect(expiries()).toEqual([
      {
        name: 'session.expired',
        outcome: 'success',
        route: '/private',
        sub: '555000000001',
        reference: expect.stringMatching(/^[0-9A-Z-]{12}$/),
        sessionHash: expect.stringMatching(/^[\w-]{43}$/),
        time: new Date(loggedInAt + 900_000).toISOString(),
      },
    ])
  })

  it('leaves a new session with nothing of the person in it: the old id is dead, whatever the clock says later', async () => {
    await start()
    await plant({ basket: 'apples' })
    const old = sessionCookie()
    setClock(900)
    expect(JSON.parse((await visit('/peek')).text)).toEqual({ keys: ['cookie', 'cis2'], me: null })
    expect((await store.sessions()).map(({ cis2 }) => cis2)).toEqual([{ ended: true }])
    expect(sessionCookie()).not.toBe(old)
    setClock(0)
    journey.browser.setCookie(journey.app.baseUrl, 'connect.sid', old)
    expect(JSON.parse((await visit('/peek')).text)).toEqual({ keys: ['cookie'], me: null })
  })

  it.each([
    ['a form', () => journey.browser.post(`${journey.app.baseUrl}/private`, { a: 'b' })],
    ['a script', () => journey.browser.send('GET', `${journey.app.baseUrl}/private`, { accept: '*/*' })],
  ])('is a 401 to %s', async (_what, ask) => {
    await start()
    setClock(900)
    const page = await ask()
    expect({ status: page.status, location: page.location }).toEqual({ status: 401, location: undefined })
    expect(JSON.parse(page.text)).toMatchObject({ code: 'ERR_CIS2_SESSION_EXPIRED' })
  })

  it('does not lead the login route straight on', async () => {
    await start()
    setClock(900)
    expect((await visit('/cis2/login')).location).toMatch(simulator.url)
  })

  it('can be logged out, which is not told twice', async () => {
    await start()
    setClock(900)
    const page = await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
    expect(page.status).toBe(303)
    expect(journey.app.events.map(({ name }) => name)).toEqual(['session.expired'])
  })

  it.each(['fails', 'throws', 'hangs'] as const)(
    'is over also when regenerate of the store %s',
    async (fault) => {
      await start({ timeouts: { requestMs: fault === 'hangs' ? 2000 : 10_000 } })
      setClock(900)
      store.break('regenerate', fault)
      expect((await visit()).status).toBe(401)
      store.mend()
      setClock(0)
      expect((await visit()).status).toBe(302)
    },
  )
})

describe('a session record', () => {
  type Change = (record: Cis2SessionRecord) => unknown
  const but =
    (changes: Record<string, unknown>): Change =>
    (record) => ({ ...record, ...changes })
  it.each<readonly [string, Change]>([
    ['null', () => null],
    ['a number', () => 5],
    ['a text', () => 'logged in'],
    ['true', () => true],
    ['an array', (record) => [record]],
    ['an empty object', () => ({})],
    ['of the next version', but({ version: 2 })],
    ['of a version in text', but({ version: '1' })],
    ['of no version', but({ version: undefined })],
    ['of another client', but({ client: 'other' })],
    ['with no person', but({ sub: undefined })],
    ['with an empty person', but({ sub: '' })],
    ['with a person in an array', but({ sub: ['555000000001'] })],
    ['with an empty sid', but({ sid: '' })],
    ['with a sid that is no text', but({ sid: { a: 1 } })],
    ['with times in text', but({ loggedInAt: 'now', lastSeenAt: 'now' })],
    ['with no time of issue', but({ issuedAt: undefined })],
    ['with no times', but({ loggedInAt: null, lastSeenAt: null })],
    ['with no tokens', but({ login: undefined })],
    ['with tokens that are not packed', but({ login: { idToken: 'x' } })],
  ])('that is not ours is nobody: %s', async (_what, change) => {
    await start()
    const [session] = await store.sessions()
    if (session?.cis2 === undefined) throw new Error('somebody is logged in')
    await plant({ cis2: session.cis2 })
    expect((await visit()).status).toBe(200)
    await plant({ cis2: change(session.cis2) })
    expect((await visit()).status).toBe(302)
    expect(JSON.parse((await visit('/peek')).text)).toMatchObject({ me: null })
    expect((await visit('/cis2/login')).location).toMatch(simulator.url)
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect(journey.app.events.map(({ name }) => name)).not.toContain('logout.succeeded')
    expect((await logIn(journey)).status).toBe(303)
    expect((await visit()).status).toBe(200)
  })

  it("with another person's claims is nobody", async () => {
    await start()
    const [session] = await store.sessions()
    await plant({ cis2: { ...session?.cis2, sub: '555000000002' } })
    expect(JSON.parse((await visit('/peek')).text)).toMatchObject({ me: null })
  })
})
