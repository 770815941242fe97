import { RedisStore } from 'connect-redis'
import type { Express } from 'express'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Browser, Page } from '../support/browser.js'
import { failures } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithRedis } from './describe-with-redis.js'
import { RecordedRedis } from './recorded-redis.js'
import { connectRedis, startRedis, type RedisClient, type RedisServer } from './redis-server.js'

// A real Redis that dies, is slow, or forgets.

let simulator: Simulator
let redis: RedisServer
let client: RedisClient
let recorded: RecordedRedis
let journey: Journey

async function start(settings: AppSettings = {}): Promise<void> {
  await client.flushAll()
  recorded = new RecordedRedis(client)
  const store = new RedisStore({ client: recorded.client })
  const after = (app: Express): void =>
    void app.get('/touch', (req, res) => {
      Object.assign(req.session, { touched: Date.now() })
      res.send('touched')
    })
  journey = await joinSimulator(simulator, { sessionOptions: { store }, after, ...settings })
}

const at = (path: string): string => `${journey.app.baseUrl}${path}`
const visit = (path: string, browser = journey.browser): Promise<Page> => browser.get(at(path))
const isLoggedIn = async (browser?: Browser): Promise<boolean> =>
  (await visit('/private', browser)).status === 200
const hasSessionCookie = (page: Page): boolean => page.cookies.some((each) => each.startsWith('connect.sid='))

/** Keys of sessions, or of the library's own records. */
async function keys(what: 'sessions' | 'records'): Promise<readonly string[]> {
  const all = await client.keys('sess:*')
  return all.filter((key) => key.startsWith('sess:cis2.') === (what === 'records'))
}

async function untilConnected(): Promise<void> {
  while (!client.isReady) await new Promise((resolve) => setTimeout(resolve, 20))
}

describeWithRedis('on a real Redis', () => {
  beforeAll(async () => {
    ;[simulator, redis] = await Promise.all([startSimulator(), startRedis()])
    client = await connectRedis(redis.url)
  })
  afterEach(() => journey.close())
  afterAll(async () => {
    client.destroy()
    await Promise.all([simulator.close(), redis.stop()])
  })

  describe('a callback', () => {
    it('that loses it at any of its commands logs nobody in, tells nothing, and the next login works', async () => {
      await start({ timeouts: { requestMs: 3_000 } })
      for (let number = 0; ; number++) {
        journey.browser.forgetCookies()
        const address = await comeBack(journey)
        journey.app.events.length = 0
        simulator.requests.clear()
        recorded.commands = 0
        let lost = ''
        recorded.beforeCommand = async (each, name, key) => {
          if (each !== number) return
          lost = `${name} of a ${key.startsWith('sess:cis2.') ? 'record' : 'session'}`
          await redis.kill()
        }
        const page = await journey.browser.get(address)
        recorded.beforeCommand = () => Promise.resolve()
        // Only looked at once more: the store has said that it has the session.
        const isSaved = lost === 'get of a session'
        if (recorded.commands <= number) {
          expect({ number, status: page.status }).toEqual({ number: expect.any(Number), status: 303 })
          // A look, the index, a look, the session, and a look.
          expect(number).toBeGreaterThan(5)
          return
        }
        expect({ number, status: page.status, hasCookie: hasSessionCookie(page) }).toEqual({
          number,
          status: isSaved ? 303 : 503,
          hasCookie: isSaved,
        })
        expect(failures(journey.app.events)).toEqual(isSaved ? [] : ['ERR_CIS2_SESSION_WRITE'])
        expect(page.text).not.toMatch(/eyJ|code=|redis|Redis|ECONN|:6379/)
        expect(simulator.requests.count('token')).toBe(1)
        await redis.restart()
        await untilConnected()
        expect(await isLoggedIn()).toBe(false)
        expect(await keys('sessions')).toEqual([])
      }
    })

    it('that finds it slow answers when the session is saved, and not before', async () => {
      await start()
      const address = await comeBack(journey)
      redis.freeze()
      setTimeout(() => redis.thaw(), 500)
      const startedAt = performance.now()
      expect((await journey.browser.get(address)).status).toBe(303)
      expect(performance.now() - startedAt).toBeGreaterThan(400)
      expect(await isLoggedIn()).toBe(true)
    })

    it('that finds it slower than its budget says so in time, asks for one token, and leaves no login', async () => {
      await start({ timeouts: { requestMs: 2_000 } })
      // So that the budget goes to Redis alone: discovery and keys are there.
      await logIn(journey)
      await client.flushAll()
      journey.browser.forgetCookies()
      const address = await comeBack(journey)
      simulator.requests.clear()
      // At the moment when the session itself is written.
      recorded.beforeCommand = async (_number, name, key) => {
        if (name === 'set' && !key.startsWith('sess:cis2.')) redis.freeze()
        await Promise.resolve()
      }
      const startedAt = performance.now()
      const page = await journey.browser.get(address)
      expect(performance.now() - startedAt).toBeLessThan(15_000)
      expect({ status: page.status, hasCookie: hasSessionCookie(page) }).toEqual({
        status: 503,
        hasCookie: false,
      })
      expect(simulator.requests.count('token')).toBe(1)
      redis.thaw()
      recorded.beforeCommand = () => Promise.resolve()
      // What it was told meanwhile, it does now; and then it is told to forget it.
      await client.ping()
      while ((await keys('sessions')).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(await isLoggedIn()).toBe(false)
    })
  })

  describe('that comes back without what it was told last', () => {
    it('knows the person or nobody, never the one before, and whoever is left can be logged out', async () => {
      await start()
      await logIn(journey)
      const nurse = journey.browser.clone()
      await logIn(journey, 'receptionist', '/cis2/login?reauthenticate=true')
      const all = [...recorded.writes]
      expect(all.length).toBeGreaterThan(8)
      let areIn = 0
      for (let kept = 0; kept <= all.length; kept++) {
        await client.flushAll()
        for (const write of all.slice(0, kept)) await write()
        const pages = [await visit('/private', nurse), await visit('/private')]
        const who = pages.map(({ status, text }) =>
          status === 200 ? (JSON.parse(text) as { sub: string }).sub : undefined,
        )
        expect([undefined, '555000000001']).toContain(who[0])
        expect([undefined, '555000000004']).toContain(who[1])
        areIn += who.filter((sub) => sub !== undefined).length
        for (const person of ['nurse', 'receptionist'])
          expect((await simulator.sendLogoutToken({ person })).status).toBe(200)
        expect({ kept, isIn: [await isLoggedIn(nurse), await isLoggedIn()] }).toEqual({
          kept,
          isIn: [false, false],
        })
      }
      expect(areIn).toBeGreaterThan(1)
    })

    it('ends a session that has lost its place in the index at its next write', async () => {
      await start()
      await logIn(journey)
      for (const key of await keys('records')) await client.del(key)
      expect((await simulator.sendLogoutToken()).status).toBe(200)
      await visit('/touch')
      expect(await isLoggedIn()).toBe(false)
      expect(await keys('sessions')).toEqual([])
    })

    it('takes no notice of a place in the index whose session is lost', async () => {
      await start()
      await logIn(journey)
      for (const key of await keys('sessions')) await client.del(key)
      expect(await isLoggedIn()).toBe(false)
      expect((await simulator.sendLogoutToken()).status).toBe(200)
      expect((await logIn(journey)).status).toBe(303)
      expect(await isLoggedIn()).toBe(true)
    })
  })

  describe('that forgets everything', () => {
    it('logs everybody out, and lets everybody log in at once', async () => {
      await start()
      const people = ['nurse', 'receptionist', 'pharmacist'].map((person) => ({
        person,
        browser: journey.anotherBrowser(),
      }))
      for (const { person, browser } of people) await logIn({ app: journey.app, browser }, person)
      const started = await comeBack(journey)
      await client.flushAll()
      for (const { browser } of people) expect(await isLoggedIn(browser)).toBe(false)
      for (const { person, browser } of people) {
        expect((await logIn({ app: journey.app, browser }, person)).status).toBe(303)
        expect(await isLoggedIn(browser)).toBe(true)
      }
      // A login on its way is in the browser.
      expect((await journey.browser.get(started)).status).toBe(303)
    })

    it('takes a logout token that it had taken before, which ends no login that is newer', async () => {
      await start()
      await logIn(journey)
      const issuedAt = Math.floor(Date.now() / 1000) - 5
      const claims = { sid: undefined, iat: issuedAt, jti: 'once' }
      expect((await simulator.sendLogoutToken({ claims })).status).toBe(200)
      await client.flushAll()
      await logIn(journey)
      expect((await simulator.sendLogoutToken({ claims })).status).toBe(200)
      expect(await isLoggedIn()).toBe(true)
    })
  })
})
