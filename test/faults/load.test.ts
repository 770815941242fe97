import { Agent, request } from 'node:http'
import { Browser } from '../support/browser.js'
import type { ChildApp } from './child-app.js'
import { describeWithRedis } from './describe-with-redis.js'
import { startCluster, type Cluster } from './several-children.js'

// A process of its own with much to do, on a real Redis.

let cluster: Cluster
let app: ChildApp
const agent = new Agent({ keepAlive: true, maxSockets: 32 })

const address = (path: string): string => cluster.door.url + path

/** Straight to the process: a door would only add to the load. */
function visit(path: string, { form, headers }: { form?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; location: string; cookies: readonly string[] }>((resolve, reject) => {
    const all = {
      accept: 'text/html',
      ...headers,
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const method = form === undefined ? 'GET' : 'POST'
    const outgoing = request(app.url + path, { agent, method, headers: all }, (incoming) => {
      incoming.resume()
      incoming.once('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          location: incoming.headers.location ?? '',
          cookies: incoming.headers['set-cookie'] ?? [],
        }),
      )
    })
    outgoing.once('error', reject)
    outgoing.end(form)
  })
}

/** All of it, so many at a time. */
async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const lane = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

async function startAlone(settings: Parameters<Cluster['start']>[0] = {}): Promise<void> {
  await cluster.client.flushAll()
  cluster.simulator.clearFaults()
  app = await cluster.start(settings)
  cluster.door.leadTo(app)
}

describeWithRedis('a process with much to do', () => {
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterEach(() => app.kill())
  afterAll(async () => {
    agent.destroy()
    await cluster.stop()
  })

  it('that is told to end finishes 200 callbacks, and saves no login that it does not tell of', async () => {
    await startAlone()
    // CIS2 fetches the application's keys once, and has them when the process is told to end.
    await cluster.logIn(new Browser())
    await cluster.client.flushAll()
    const browsers = Array.from({ length: 200 }, () => new Browser())
    const callbacks = new Map<Browser, string>()
    await inTurns(
      browsers,
      16,
      async (browser) => void callbacks.set(browser, await cluster.comeBack(browser)),
    )
    cluster.simulator.requests.clear()
    cluster.simulator.setFault('token.delay', 800)
    const answers = browsers.map((browser) => browser.get(callbacks.get(browser) ?? ''))
    while (cluster.simulator.requests.count('token') < 100)
      await new Promise((resolve) => setTimeout(resolve, 10))
    app.terminate()
    const pages = await Promise.all(answers)
    expect(await app.ended).toBe(0)
    const done = browsers.filter((_browser, index) => pages[index]?.status === 303)
    // 502 is the door's answer where the process took no new connection.
    expect(pages.filter(({ status }) => ![303, 502, 503].includes(status))).toEqual([])
    expect(done.length).toBeGreaterThan(100)
    expect(await cluster.logins()).toHaveLength(done.length)
    cluster.simulator.clearFaults()
    app = await cluster.start()
    cluster.door.leadTo(app)
    const areIn = await Promise.all(done.map((browser) => cluster.isLoggedIn(browser)))
    expect(areIn.filter((isIn) => !isIn)).toEqual([])
  })

  it('keeps nothing of 10,000 logins that nobody finishes', async () => {
    await startAlone({ execArgv: ['--expose-gc'] })
    const logins = Array.from({ length: 10_000 }, (_each, index) => index)
    const states = new Set<string>()
    const start = async (): Promise<void> => {
      const { status, location, cookies } = await visit('/cis2/login')
      if (status !== 302) throw new Error(`a login start was answered with ${status}`)
      states.add(new URL(location).searchParams.get('state') ?? '')
      const seconds = Number(/Max-Age=(\d+)/.exec(cookies.join())?.[1])
      if (!(seconds <= 600)) throw new Error(`an attempt lives for ${seconds} seconds`)
    }
    await inTurns(logins.slice(0, 500), 32, start)
    const before = await app.memory()
    await inTurns(logins, 32, start)
    expect((await app.memory()) - before).toBeLessThan(64 * 1024 * 1024)
    expect(states.size).toBe(10_500)
    expect(await cluster.client.dbSize()).toBe(0)
    const browser = new Browser()
    await cluster.logIn(browser)
    expect(await cluster.isLoggedIn(browser)).toBe(true)
  })

  it('ends 5,000 sessions within 30 seconds when CIS2 names each of them, and lets people in meanwhile', async () => {
    await startAlone()
    const browser = new Browser()
    await cluster.logIn(browser)
    const copies = JSON.parse((await browser.get(address('/copies?count=5000'))).text) as readonly string[]
    expect(await cluster.logins()).toHaveLength(5001)
    const bodies: string[] = []
    await inTurns(copies, 4, async (sid) => {
      const token = await cluster.simulator.createLogoutToken({ sid })
      bodies.push(new URLSearchParams({ logout_token: token }).toString())
    })
    const statuses = new Set<number>()
    const startedAt = performance.now()
    const burst = inTurns(bodies, 16, async (form) => {
      statuses.add((await visit('/cis2/back-channel-logout', { form })).status)
    }).then(() => performance.now() - startedAt)
    const newcomer = new Browser()
    await cluster.logIn(newcomer, 'receptionist')
    const loginMs = performance.now() - startedAt
    const burstMs = await burst
    expect([...statuses]).toEqual([200])
    expect(burstMs).toBeLessThan(30_000)
    expect(loginMs).toBeLessThan(20_000)
    // The one they were copies of, and the newcomer: nobody named them.
    expect(await cluster.logins()).toHaveLength(2)
    expect([await cluster.isLoggedIn(browser), await cluster.isLoggedIn(newcomer)]).toEqual([true, true])
  })

  it.each([
    ['within its budget finishes it', 10_000, 303],
    ['beyond its budget says that it took too long', 1_000, 504],
  ])(
    'that stands still for two seconds in a callback %s, and logs nobody out',
    async (_how, requestMs, status) => {
      await startAlone({ timeouts: { requestMs } })
      const old = new Browser()
      await cluster.logIn(old)
      const browser = new Browser()
      const callback = await cluster.comeBack(browser, 'receptionist')
      cluster.simulator.setFault('token.delay', 300)
      await app.block(2_000)
      const startedAt = performance.now()
      expect((await browser.get(callback)).status).toBe(status)
      expect(performance.now() - startedAt).toBeGreaterThan(1_000)
      expect([await cluster.isLoggedIn(old), await cluster.isLoggedIn(browser)]).toEqual([
        true,
        status === 303,
      ])
    },
  )
})
