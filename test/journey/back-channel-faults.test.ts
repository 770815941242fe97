import { connect } from 'node:net'
import { startSimulator, type FaultName, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import { FaultyStore, type StoreFault, type StoreOperation } from '../support/faulty-store.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

// Tokens that are forged, stores that fail, and both in numbers.

let simulator: Simulator
let store: FaultyStore
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  simulator.clearFaults()
  await journey.close()
})

async function start(settings: AppSettings = {}): Promise<void> {
  store = new FaultyStore()
  journey = await joinSimulator(simulator, { sessionOptions: { store }, ...settings })
}

async function post(token: string): Promise<Response> {
  const body = new URLSearchParams({ logout_token: token })
  return await fetch(`${journey.app.url}/cis2/back-channel-logout`, { method: 'POST', body })
}

const isLoggedIn = async (): Promise<boolean> =>
  (await journey.browser.get(`${journey.app.baseUrl}/private`)).status === 200
const reasons = (): unknown[] =>
  journey.app.events.flatMap((event) => (event.name === 'back_channel_logout.refused' ? [event.reason] : []))

describe('a logout token that is signed wrongly', () => {
  it.each<readonly [FaultName, unknown, string]>([
    ...(['RS384', 'PS256', 'ES256', 'HS256-pem', 'HS256-jwk', 'HS256-n'] as const).map(
      (algorithm) => ['logoutTokenAlgorithm', algorithm, 'ALGORITHM'] as const,
    ),
    ['logoutTokenAlgorithm', 'none', 'MALFORMED'],
    ['logoutTokenAlgorithm', 'nOnE', 'MALFORMED'],
    ['logoutTokenKey', 'unpublished', 'KEY'],
    ['logoutTokenKey', 'embedded-jwk', 'SIGNATURE'],
    ['logoutTokenSignature', 'bit-flipped', 'SIGNATURE'],
    ['logoutTokenSignature', 'empty', 'MALFORMED'],
    ['logoutTokenSignature', 'other-token', 'SIGNATURE'],
    ['logoutTokenSignature', 'tampered-payload', 'SIGNATURE'],
    ['logoutTokenSerialisation', 'five-segments', 'ENCRYPTED'],
    ['logoutTokenSerialisation', 'two-segments', 'MALFORMED'],
    ['logoutTokenSerialisation', 'white-space', 'MALFORMED'],
    ['logoutTokenHeader', { typ: 'at+jwt' }, 'TYPE'],
    ['logoutTokenHeader', { typ: 7 }, 'MALFORMED'],
    ['logoutTokenHeader', { crit: ['x'], x: 1 }, 'MALFORMED'],
  ])('with %s %j is refused, and no session is touched', async (fault, value, code) => {
    await start()
    await logIn(journey)
    simulator.setFault(fault, value as never)
    const token = await simulator.createLogoutToken()
    simulator.clearFaults()
    const answer = await post(token)
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'invalid_request' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(reasons()).toEqual([`ERR_CIS2_LOGOUT_TOKEN_${code}`])
    expect(await isLoggedIn()).toBe(true)
  })

  it.each([{ typ: undefined }, { typ: 'JWT' }, { typ: 'logout+jwt' }])(
    'is right with the header %j',
    async (header) => {
      await start()
      await logIn(journey)
      simulator.setFault('logoutTokenHeader', header)
      expect((await post(await simulator.createLogoutToken())).status).toBe(200)
      expect(await isLoggedIn()).toBe(false)
    },
  )
})

describe('a store that, while CIS2 logs somebody out,', () => {
  const operations: readonly StoreOperation[] = ['get', 'set', 'destroy']
  const faults: readonly StoreFault[] = ['fails', 'throws', 'hangs']
  const places = [false, true]

  it.each(
    operations.flatMap((operation) =>
      faults.flatMap((fault) => places.map((records) => [operation, fault, records] as const)),
    ),
  )(
    '%s %s (shared records too: %s), is a 503 or no failure at all, and the next try works',
    async (...fault) => {
      const [operation, how, records] = fault
      await start({ timeouts: { requestMs: how === 'hangs' ? 1500 : 10_000 } })
      await logIn(journey)
      const token = await simulator.createLogoutToken()
      store.isBrokenForRecords = records
      store.break(operation, how)
      const startedAt = performance.now()
      const answer = await post(token)
      expect(performance.now() - startedAt).toBeLessThan(15_000)
      store.mend()
      const isAlive = await isLoggedIn()
      // 200 without effect is what must never be.
      expect([answer.status, isAlive]).toEqual(
        answer.status === 200 ? [200, false] : [503, expect.any(Boolean)],
      )
      if (answer.status === 503) expect(answer.headers.get('retry-after')).toBe('5')
      expect((await post(token)).status).toBe(200)
      expect(await isLoggedIn()).toBe(false)
    },
  )

  it('is slow, is waited for', async () => {
    await start()
    await logIn(journey)
    const held = store.hold('destroy')
    const answer = post(await simulator.createLogoutToken())
    await held.reached
    held.release()
    expect((await answer).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })
})

describe('many forged tokens', () => {
  it('cost no fetch each, do not flood the audit stream, and hold up nobody', async () => {
    await start()
    await logIn(journey)
    const good = await simulator.createLogoutToken()
    const forged = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        simulator.setFault('logoutTokenHeader', { kid: `unknown ${index}` })
        return await simulator.createLogoutToken()
      }),
    )
    simulator.clearFaults()
    simulator.requests.clear()
    journey.app.events.length = 0
    const answers = Promise.all(forged.map(async (token) => (await post(token)).status))
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(200)
    expect(new Set(await answers)).toEqual(new Set([400]))
    expect(simulator.requests.count('jwks')).toBeLessThanOrEqual(1)
    const refused = journey.app.events.filter(({ name }) => name === 'back_channel_logout.refused')
    expect(refused.length).toBeLessThan(120)
    expect(refused.reduce((sum, { leftOut = 0 }) => sum + leftOut + 1, 0)).toBe(1000)
    // Nothing of a token counts before its signature: the store has heard of none of them.
    expect(await recordsNamed(forged)).toBe(0)
    expect((await post(good)).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })

  /** How many of the tokens were noted as seen: another delivery of them would then be answered with 200. */
  async function recordsNamed(tokens: readonly string[]): Promise<number> {
    const before = store.calls.set
    store.isBrokenForRecords = true
    for (const token of tokens.slice(0, 20)) await post(token)
    store.isBrokenForRecords = false
    return store.calls.set - before
  }
})

describe('a posted token that does not come to its end', () => {
  it('is given up when its time is over', async () => {
    await start({ timeouts: { requestMs: 500 } })
    await logIn(journey)
    const { port } = new URL(journey.app.url)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.once('error', reject)
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data.toString())
      })
      socket.write(
        'POST /cis2/back-channel-logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\nlogout_token=a',
      )
    })
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(reasons()).toEqual(['ERR_CIS2_LOGOUT_TOKEN_MISSING'])
    expect(journey.app.events.at(-1)).toMatchObject({ message: 'the posted body did not arrive in time' })
  })
})
