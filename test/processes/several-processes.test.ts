import { startSimulator, type LogoutTokenOptions, type Simulator } from '../../lib/simulator/index.js'
import { Browser, type Page } from '../support/browser.js'
import { testKeys, testSecret } from '../support/keys.js'
import { choosePerson } from '../support/login.js'
import { describeWithSharedStores } from '../support/stores/describe-with-every-store.js'
import type { StoreSource } from '../support/stores/store-sources.js'
import { startAppProcess, type AppProcess } from './app-process.js'
import { startBalancer, type Balancer } from './balancer.js'

// Real processes, one store, and no request that has to reach a certain one.

const personOnly = { claims: { sid: undefined } }

describeWithSharedStores('three processes', (source) => {
  let balancer: Balancer
  let simulator: Simulator
  let processes: readonly AppProcess[] = []
  let started: string | undefined
  let browser: Browser

  beforeAll(async () => {
    balancer = await startBalancer()
    simulator = await startSimulator({
      clients: [{ clientId: testKeys.clientId, jwksUri: `${balancer.url}/cis2/jwks` }],
    })
  })
  afterAll(async () => {
    await endProcesses()
    await balancer.close()
    await simulator.close()
  })

  /** By themselves: nothing that the library leaves behind keeps them alive. */
  async function endProcesses(): Promise<void> {
    const codes = await Promise.all(processes.map((each) => each.close()))
    expect(codes).toEqual(codes.map(() => 0))
  }

  /** Starts them, unless those are running that the test before had started in the same way. */
  async function start(settings: { resave?: boolean; concurrent?: 'newest-wins' } = {}): Promise<void> {
    await source().empty()
    browser = new Browser()
    const { resave = false, concurrent } = settings
    if (started !== JSON.stringify(settings)) {
      await endProcesses()
      const cis2 = {
        issuer: simulator.issuer,
        clientId: testKeys.clientId,
        jwks: testKeys.jwks,
        baseUrl: balancer.url,
        secret: testSecret,
        session: concurrent ? { concurrent } : {},
      }
      const one = (): Promise<AppProcess> => startAppProcess({ storeUrl: urlOf(source()), resave, cis2 })
      processes = await Promise.all([one(), one(), one()])
      balancer.ports = processes.map(({ port }) => port)
      started = JSON.stringify(settings)
    }
    for (const { events } of processes) events.length = 0
  }

  const at = (index: number): Record<string, string> => ({ 'x-process': String(index) })
  const get = (path: string, index: number, from = browser): Promise<Page> =>
    from.get(balancer.url + path, at(index))

  /** Starts the login at one process and finishes it at another. */
  async function logIn(first: number, second: number, from = browser, person = 'nurse'): Promise<Page> {
    const login = await get('/cis2/login?returnTo=/private&reauthenticate=true', first, from)
    return await from.get(await choosePerson(from, login.location ?? '', person), at(second))
  }

  async function seenBy(from = browser): Promise<readonly number[]> {
    return await Promise.all([0, 1, 2].map(async (index) => (await get('/private', index, from)).status))
  }

  async function endByCis2(index: number, options: LogoutTokenOptions = {}): Promise<number> {
    const body = new URLSearchParams({ logout_token: await simulator.createLogoutToken(options) })
    const url = `${balancer.url}/cis2/back-channel-logout`
    return (await fetch(url, { method: 'POST', body, headers: at(index) })).status
  }

  it('finish each other’s logins, and know each other’s sessions', async () => {
    await start()
    expect((await logIn(0, 1)).location).toBe(`${balancer.url}/private`)
    expect(await seenBy()).toEqual([200, 200, 200])
    expect(processes.map(({ events }) => events.map(({ name }) => name))).toEqual([
      [],
      ['login.succeeded'],
      [],
    ])
    expect(new Set(processes.map(({ pid }) => pid)).size).toBe(3)
  })

  it('make one session of one callback that reaches two of them at once', async () => {
    await start()
    const login = await get('/cis2/login?returnTo=/private', 0)
    const callback = await choosePerson(browser, login.location ?? '', 'nurse')
    const cookie = browser.cookieHeader(callback)
    const pages = await Promise.all(
      [1, 2].map((index) => new Browser().get(callback, { ...at(index), cookie })),
    )
    // CIS2 takes the code once; it may be that neither is told so in time, but never are both.
    expect(pages.filter(({ status }) => status === 303).length).toBeLessThanOrEqual(1)
    expect((await source().sessionIds()).length).toBeLessThanOrEqual(1)
  })

  it.each([
    ['the session', {}, 1],
    ['the person', personOnly, 2],
  ])('end what CIS2 ends at a third one, by %s', async (_what, options, count) => {
    await start()
    const second = new Browser()
    await logIn(0, 1, second)
    await logIn(1, 0)
    expect(await endByCis2(2, options)).toBe(200)
    expect(processes[2]?.events).toEqual([
      expect.objectContaining({ name: 'back_channel_logout.received', sessionsEnded: count }),
    ])
    expect(await seenBy()).toEqual([302, 302, 302])
    expect(await seenBy(second)).toEqual(count === 1 ? [200, 200, 200] : [302, 302, 302])
  })

  it('take a session of the next version for nobody’s, and a login over it for a new one', async () => {
    await start()
    await logIn(0, 0)
    expect((await get('/next-version', 1)).status).toBe(200)
    expect(await seenBy()).toEqual([302, 302, 302])
    expect((await browser.post(`${balancer.url}/cis2/logout`, {}, at(2))).status).toBe(303)
    expect((await logIn(1, 2)).status).toBe(303)
    expect(await seenBy()).toEqual([200, 200, 200])
  })

  describe.each([{}, { resave: true }])('with %j', (settings) => {
    it.each<readonly [string, () => Promise<unknown>]>([
      ['the person at another one', () => browser.clone().post(`${balancer.url}/cis2/logout`, {}, at(1))],
      ['CIS2 at another one', () => endByCis2(1)],
      ['CIS2 at another one, for the whole person', () => endByCis2(1, personOnly)],
      ['somebody else who logs in at another one', () => logIn(1, 2, browser.clone(), 'receptionist')],
    ])('never bring back, by a request in flight, what was ended by %s', async (_who, end) => {
      await start(settings)
      await logIn(0, 0)
      const old = browser.clone()
      const [first] = processes
      const arrived = first?.arrived()
      const inFlight = get('/slow', 0, old)
      await arrived
      await end()
      first?.goOn()
      expect((await inFlight).status).toBe(200)
      expect(await seenBy(old)).toEqual([302, 302, 302])
    })
  })

  it('leave the newest login of a person, whichever of them made it', async () => {
    await start({ concurrent: 'newest-wins' })
    const browsers = [0, 1, 2].map(() => new Browser())
    for (const [index, each] of browsers.entries()) await logIn(index, (index + 1) % 3, each)
    const seen = await Promise.all(browsers.map((each) => seenBy(each)))
    expect(seen.map(([status]) => status)).toEqual([302, 302, 200])
  })

  it('leave one login of a person who logs in at all of them at once', async () => {
    await start({ concurrent: 'newest-wins' })
    const browsers = [0, 1, 2].map(() => new Browser())
    await Promise.all(browsers.map((each, index) => logIn(index, index, each)))
    const seen = await Promise.all(browsers.map((each) => seenBy(each)))
    expect(seen.filter(([status]) => status === 200)).toHaveLength(1)
  })
})

function urlOf({ url }: StoreSource): string {
  if (url === undefined) throw new Error('other processes cannot reach this store')
  return url
}
