import { RedisStore } from 'connect-redis'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Page } from '../support/browser.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithRedis } from './describe-with-redis.js'
import { RecordedRedis } from './recorded-redis.js'
import { connectRedis, startRedis, type RedisClient, type RedisServer } from './redis-server.js'

// A real Redis of which one command fails and all others work: each in its turn.

let simulator: Simulator
let redis: RedisServer
let client: RedisClient
let recorded: RecordedRedis
let journey: Journey

const at = (path: string): string => `${journey.app.baseUrl}${path}`
const isLoggedIn = async (): Promise<boolean> => (await journey.browser.get(at('/private'))).status === 200

async function sessions(): Promise<readonly string[]> {
  return (await client.keys('sess:*')).filter((key) => !key.startsWith('sess:cis2.'))
}

/** What is undone after an answer takes a moment. */
async function untilNoSession(): Promise<void> {
  while ((await sessions()).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

/**
 * Does the same again and again: the first command fails, then the second, and so on to the end.
 *
 * @param prepare resolves with what the command fails in
 * @returns how many commands there were
 */
async function failEachCommand<T>(
  prepare: () => Promise<() => Promise<T>>,
  check: (result: T, number: number) => Promise<void>,
): Promise<number> {
  for (let number = 0; ; number++) {
    await client.flushAll()
    journey.browser.forgetCookies()
    const act = await prepare()
    recorded.commands = 0
    recorded.beforeCommand = (each) =>
      each === number ? Promise.reject(new Error('the command failed')) : Promise.resolve()
    const result = await act()
    const { commands } = recorded
    recorded.beforeCommand = () => Promise.resolve()
    if (commands <= number) return commands
    await check(result, number)
  }
}

describeWithRedis('a Redis of which one command fails', () => {
  beforeAll(async () => {
    ;[simulator, redis] = await Promise.all([startSimulator(), startRedis()])
    client = await connectRedis(redis.url)
  })
  beforeEach(async () => {
    recorded = new RecordedRedis(client)
    const store = new RedisStore({ client: recorded.client })
    journey = await joinSimulator(simulator, { sessionOptions: { store } })
  })
  afterEach(() => journey.close())
  afterAll(async () => {
    client.destroy()
    await Promise.all([simulator.close(), redis.stop()])
  })

  it('logs a person in or says that it cannot, and leaves no login behind that nobody has', async () => {
    const seen = new Set<number>()
    const commands = await failEachCommand<Page>(
      async () => {
        const address = await comeBack(journey)
        return () => journey.browser.get(address)
      },
      async ({ status, cookies }, number) => {
        const hasCookie = cookies.some((each) => each.startsWith('connect.sid='))
        seen.add(status)
        expect({ number, status, hasCookie }).toEqual({
          number,
          status: hasCookie ? 303 : 503,
          hasCookie: status === 303,
        })
        expect(await isLoggedIn()).toBe(status === 303)
        if (status === 303) return
        await untilNoSession()
        expect((await logIn(journey)).status).toBe(303)
      },
    )
    expect(commands).toBeGreaterThan(5)
    expect(seen.has(503)).toBe(true)
  })

  it('logs a person out, or says that it cannot and does at the second click', async () => {
    const seen = new Set<number>()
    const commands = await failEachCommand<Page>(
      async () => {
        await logIn(journey)
        return () => journey.browser.post(at('/cis2/logout'), {})
      },
      async ({ status, cookies }, number) => {
        seen.add(status)
        expect({ number, status }).toEqual({ number, status: expect.any(Number) })
        if (status !== 303) {
          expect([500, 503]).toContain(status)
          expect(cookies).toEqual([])
          expect((await journey.browser.post(at('/cis2/logout'), {})).status).toBe(303)
        }
        expect(await sessions()).toEqual([])
        expect(await isLoggedIn()).toBe(false)
      },
    )
    expect(commands).toBeGreaterThan(3)
    expect([...seen].sort((one, other) => one - other)).toEqual([303, 500, 503])
  })

  it('ends a login at CIS2’s word, or says that it cannot and does when the same token comes again', async () => {
    let token = ''
    const deliver = async (): Promise<number> => {
      const body = new URLSearchParams({ logout_token: token })
      return (await fetch(at('/cis2/back-channel-logout'), { method: 'POST', body })).status
    }
    const seen = new Set<number>()
    const commands = await failEachCommand<number>(
      async () => {
        await logIn(journey)
        token = await simulator.createLogoutToken()
        return deliver
      },
      async (status, number) => {
        seen.add(status)
        if (status === 503) expect({ number, again: await deliver() }).toEqual({ number, again: 200 })
        else expect({ number, status }).toEqual({ number, status: 200 })
        expect(await sessions()).toEqual([])
        expect(await isLoggedIn()).toBe(false)
      },
    )
    expect(commands).toBeGreaterThan(6)
    expect([...seen]).toContain(503)
  })
})
