import {
  startSimulator,
  type PlatformApplicationCredentials,
  type Simulator,
} from '../../lib/simulator/index.js'
import { Browser, type Page } from '../support/browser.js'
import { testKeys, testSecret } from '../support/keys.js'
import { choosePerson } from '../support/login.js'
import { describeWithSharedStores } from '../support/stores/describe-with-every-store.js'
import type { StoreSource } from '../support/stores/store-sources.js'
import { startBalancer, type Balancer } from './balancer.js'
import { startPlatformProcess, type PlatformProcess } from './platform-process.js'

// Real processes, one store, and a refresh token that works once.

describeWithSharedStores('two processes that use the API platform', (source) => {
  let balancer: Balancer
  let simulator: Simulator
  let application: PlatformApplicationCredentials
  let processes: readonly PlatformProcess[] = []

  beforeAll(async () => {
    balancer = await startBalancer()
    simulator = await startSimulator({
      clients: [{ clientId: testKeys.clientId, jwksUri: `${balancer.url}/cis2/jwks` }],
    })
    application = await simulator.registerPlatformApplication()
  })
  afterAll(async () => {
    await balancer.close()
    await simulator.close()
  })
  beforeEach(async () => {
    await source().empty()
    simulator.requests.clear()
    await startProcesses({})
  })
  afterEach(async () => {
    simulator.clearFaults()
    // By themselves: nothing that the library leaves behind keeps them alive.
    const codes = await Promise.all(processes.map((each) => each.close()))
    expect(codes).toEqual(codes.map(() => 0))
    processes = []
  })

  async function startProcesses(settings: { timeoutMs?: number }): Promise<void> {
    const cis2 = {
      issuer: simulator.issuer,
      clientId: testKeys.clientId,
      jwks: testKeys.jwks,
      baseUrl: balancer.url,
      secret: testSecret,
      session: { idleTimeoutMinutes: 120 },
    }
    const platform = { ...application, ...settings }
    const one = (): Promise<PlatformProcess> =>
      startPlatformProcess({ storeUrl: urlOf(source()), cis2, platform })
    processes = await Promise.all([one(), one()])
    balancer.ports = processes.map(({ port }) => port)
  }

  const at = (index: number): Record<string, string> => ({ 'x-process': String(index % 2) })
  const ask = (browser: Browser, index: number): Promise<Page> =>
    browser.get(`${balancer.url}/token`, at(index))

  async function logIn(): Promise<Browser> {
    const browser = new Browser()
    const login = await browser.get(`${balancer.url}/cis2/login`, at(0))
    const callback = await choosePerson(browser, login.location ?? '', 'nurse')
    expect((await browser.get(callback, at(1))).status).toBe(303)
    return browser
  }

  async function putAhead(seconds: number): Promise<void> {
    await Promise.all(processes.map((each) => each.putAhead(seconds)))
  }

  const count = (grant: string): number =>
    simulator.requests.filter(
      ({ endpoint, body }) => endpoint === 'platformToken' && (body?.grant_type ?? '').endsWith(grant),
    ).length

  it.each([
    [1, 50],
    [5, 10],
  ])(
    'exchange and refresh once for each of %i sessions, with %i requests each at once',
    async (sessions, each) => {
      const browsers = await Promise.all(Array.from({ length: sessions }, logIn))
      const askAll = (): Promise<Page[][]> =>
        Promise.all(
          browsers.map((browser) =>
            Promise.all(Array.from({ length: each }, (_, index) => ask(browser, index))),
          ),
        )
      simulator.requests.clear()
      for (const round of [0, 1, 2, 3]) {
        await putAhead(600 * round)
        const answers = await askAll()
        expect(answers.flat().map(({ status }) => status)).toEqual(answers.flat().map(() => 200))
        expect(answers.map((pages) => new Set(pages.map(({ text }) => text)).size)).toEqual(
          answers.map(() => 1),
        )
        expect(new Set(answers.flat().map(({ text }) => text)).size).toBe(sessions)
        expect(count('token-exchange')).toBe(sessions)
        expect(count('refresh_token')).toBe(sessions * round)
      }
      // No refresh token was lost, and none was used twice.
      expect(simulator.requests.filter(({ refusal }) => refusal !== undefined)).toEqual([])
    },
  )

  it('use at one of them what the other one has got', async () => {
    const browser = await logIn()
    const { text } = await ask(browser, 0)
    expect((await ask(browser, 1)).text).toBe(text)
    await putAhead(600)
    const fresh = await ask(browser, 1)
    expect(fresh.text).not.toBe(text)
    expect((await ask(browser, 0)).text).toBe(fresh.text)
  })

  it('throw tokens away that were refreshed at one of them during a logout at the other one', async () => {
    const browser = await logIn()
    await ask(browser, 0)
    await putAhead(600)
    simulator.requests.clear()
    simulator.setFault('platformToken.delay', 500)
    const old = browser.clone()
    const waiting = ask(old, 0)
    while (count('refresh_token') === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await browser.post(`${balancer.url}/cis2/logout`, {}, at(1))).status).toBe(303)
    expect(await waiting).toMatchObject({ status: 401, text: 'ERR_CIS2_NOT_LOGGED_IN' })
    for (const index of [0, 1]) expect((await old.get(`${balancer.url}/token`, at(index))).status).toBe(302)
  })

  it('go on when one of them dies while it refreshes', async () => {
    await Promise.all(processes.map((each) => each.close()))
    await startProcesses({ timeoutMs: 1000 })
    const browser = await logIn()
    await ask(browser, 0)
    await putAhead(595)
    simulator.requests.clear()
    // Never arrives at the platform as far as anybody can tell: its refresh token is not spent.
    simulator.setFault('platformToken.error', { error: 'server_error', status: 500 })
    simulator.setFault('platformToken.hang', true, { times: 1 })
    const lost = ask(browser, 0).catch(() => undefined)
    while (count('refresh_token') === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const [first, second] = processes
    await first?.kill()
    await lost
    simulator.clearFaults()
    processes = second ? [second] : []
    // The token still lasts for a moment, and the lock of the dead one is not waited for.
    expect((await ask(browser, 1)).status).toBe(200)
    expect(count('refresh_token')).toBe(1)
    await putAhead(600)
    expect(await ask(browser, 1)).toMatchObject({ status: 503, text: 'ERR_CIS2_PLATFORM_BUSY' })
    const answer = await untilNotBusy(() => ask(browser, 1))
    expect(answer.status).toBe(200)
    expect(count('refresh_token')).toBe(2)
  })
})

async function untilNotBusy(ask: () => Promise<Page>): Promise<Page> {
  for (let tries = 0; tries < 20; tries++) {
    const page = await ask()
    if (page.text !== 'ERR_CIS2_PLATFORM_BUSY') return page
  }
  throw new Error('the lock of the dead process did not end')
}

function urlOf({ url }: StoreSource): string {
  if (url === undefined) throw new Error('other processes cannot reach this store')
  return url
}
