import { jest } from '@jest/globals'
import {
  startSimulator,
  type FaultName,
  type FaultValues,
  type Simulator,
} from '../../lib/simulator/index.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import { Browser, type Page } from '../support/browser.js'
import { testKeys } from '../support/keys.js'
import { comeBack, logIn, publicApp, startPublicJourney, type Journey } from '../support/login.js'

const realm = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'
const requestMs = 300
// Without the bound it would never end: how late a busy machine is does not matter.
const latestMs = requestMs + 10_000

let simulator: Simulator
const apps: RunningApp[] = []
const journeys: Journey[] = []

beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  jest.restoreAllMocks()
  // First, because a diagnosis may still be asking: what it asks must not count in the next test.
  await Promise.all([...apps.splice(0), ...journeys.splice(0)].map((each) => each.close()))
  simulator.clearFaults()
  simulator.requests.clear()
})
afterAll(() => simulator.close())

/** An application that has never heard of the simulator, which all tests share. */
async function newApp(settings: AppSettings = {}): Promise<{ app: RunningApp; browser: Browser }> {
  const app = await startApp({ issuer: simulator.issuer, ...simulator.client, ...settings })
  apps.push(app)
  return { app, browser: new Browser() }
}

async function newPublicJourney(settings: AppSettings = {}): Promise<Journey> {
  const journey = await startPublicJourney(settings)
  journeys.push(journey)
  return journey
}

function startLogin({ app, browser }: { app: RunningApp; browser: Browser }): Promise<Page> {
  return browser.get(`${app.baseUrl}/cis2/login`)
}

/** With a budget made for servers that are slow, a busy machine may need several tries. */
async function logInAgain(who: { app: RunningApp; browser: Browser }): Promise<void> {
  let { status } = await logIn(who)
  for (let tries = 1; status !== 303 && tries < 20; tries++) ({ status } = await logIn(who))
  expect(status).toBe(303)
}

function reasons(app: RunningApp): (string | undefined)[] {
  return app.events.filter(({ name }) => name === 'login.failed').map(({ reason }) => reason)
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now()
  return { result: await work(), ms: performance.now() - start }
}

function expectFailure(app: RunningApp, page: Page, code: string, status: number): void {
  expect({ status: page.status, reasons: reasons(app) }).toEqual({ status, reasons: [code] })
  expect(page.text).toContain(code)
  expect(page.headers['cache-control']).toBe('no-store')
  if (status === 503) expect(page.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  else expect(page.headers['retry-after']).toBeUndefined()
}

type TransportCase = readonly [
  kind: string,
  value: unknown,
  outcome: 'slow' | 'broken' | 'wrong' | 'limited' | 'refused',
]

const transportCases: readonly TransportCase[] = [
  ['hang', true, 'slow'],
  ['delay', 5_000, 'slow'],
  ['drip', 50, 'slow'],
  ['reset', 'at-once', 'broken'],
  ['reset', 'mid-body', 'broken'],
  ['status', 500, 'broken'],
  ['status', 503, 'broken'],
  ['status', 429, 'limited'],
  ['status', 404, 'refused'],
  ['status', 204, 'wrong'],
  ['html', true, 'wrong'],
  ['truncate', true, 'wrong'],
  ['gzip', 'truncated', 'broken'],
  ['gzip', 'bomb', 'broken'],
  ['gzip', 'good', 'broken'],
  ['huge', 2_000_000, 'wrong'],
  ['huge', Infinity, 'wrong'],
  ['body', '', 'wrong'],
  ['body', '[]', 'wrong'],
  ['body', 'null', 'wrong'],
  ['redirect', 302, 'wrong'],
  ['redirect', 307, 'wrong'],
]

const expected = {
  discovery: {
    slow: ['ERR_CIS2_DISCOVERY_UNAVAILABLE', 503],
    broken: ['ERR_CIS2_DISCOVERY_UNAVAILABLE', 503],
    limited: ['ERR_CIS2_DISCOVERY_UNAVAILABLE', 503],
    refused: ['ERR_CIS2_DISCOVERY_INVALID', 502],
    wrong: ['ERR_CIS2_DISCOVERY_INVALID', 502],
  },
  jwks: {
    slow: ['ERR_CIS2_KEYS_UNAVAILABLE', 503],
    broken: ['ERR_CIS2_KEYS_UNAVAILABLE', 503],
    limited: ['ERR_CIS2_KEYS_UNAVAILABLE', 503],
    refused: ['ERR_CIS2_KEYS_INVALID', 502],
    wrong: ['ERR_CIS2_KEYS_INVALID', 502],
  },
  token: {
    slow: ['ERR_CIS2_TOKEN_TIMEOUT', 504],
    broken: ['ERR_CIS2_TOKEN_UNAVAILABLE', 503],
    limited: ['ERR_CIS2_TOKEN_RATE_LIMITED', 503],
    refused: ['ERR_CIS2_TOKEN_REFUSED', 502],
    wrong: ['ERR_CIS2_TOKEN_RESPONSE_INVALID', 502],
  },
  userInfo: {
    slow: ['ERR_CIS2_USERINFO_TIMEOUT', 504],
    broken: ['ERR_CIS2_USERINFO_UNAVAILABLE', 503],
    limited: ['ERR_CIS2_USERINFO_RATE_LIMITED', 503],
    refused: ['ERR_CIS2_USERINFO_RESPONSE_INVALID', 502],
    wrong: ['ERR_CIS2_USERINFO_RESPONSE_INVALID', 502],
  },
} as const

function setTransportFault(endpoint: keyof typeof expected, kind: string, value: unknown): void {
  const name = `${endpoint}.${kind}` as FaultName
  simulator.setFault(name, value as FaultValues[typeof name])
}

const faultyEndpoints: readonly (keyof typeof expected)[] = ['discovery', 'jwks', 'token', 'userInfo']

describe.each(faultyEndpoints)('a fault of the %s endpoint', (endpoint) => {
  it.each(transportCases)('%s = %s ends the login in time, as %s', async (kind, value, outcome) => {
    // The calls before this endpoint take their part of the budget, more of it on a loaded machine.
    const isFirst = endpoint === 'discovery' || endpoint === 'token'
    const budgetMs = outcome === 'slow' ? (isFirst ? requestMs : 1_000) : 5_000
    const { app, browser } = await newApp({ timeouts: { requestMs: budgetMs } })
    const [code, status] = expected[endpoint][outcome]
    let visit = `${app.baseUrl}/cis2/login`
    if (endpoint !== 'discovery') visit = await comeBack({ app, browser })
    simulator.requests.clear()
    setTransportFault(endpoint, kind, value)
    const { result: page, ms } = await timed(() => browser.get(visit))
    expectFailure(app, page, code, status)
    expect(ms).toBeLessThan(outcome === 'slow' ? budgetMs + 10_000 : latestMs)
    expect(simulator.requests.count('elsewhere')).toBe(0)
    // A code is never sent twice, and nobody is logged in.
    expect(simulator.requests.count('token')).toBe(endpoint === 'discovery' ? 0 : 1)
    expect((await browser.get(`${app.baseUrl}/me`)).status).toBe(302)
    simulator.clearFaults()
    if (endpoint === 'token' || endpoint === 'userInfo') await logInAgain({ app, browser })
  })
})

describe('the time of a login', () => {
  it('is one budget for all calls, not one for each', async () => {
    const { app, browser } = await newApp({ timeouts: { requestMs: 600 } })
    const callback = await comeBack({ app, browser })
    simulator.setFault('token.delay', 350)
    simulator.setFault('jwks.delay', 350)
    simulator.setFault('userInfo.delay', 350)
    // None of the three takes longer than the budget, all together do.
    expect([503, 504]).toContain((await browser.get(callback)).status)
    expect(simulator.requests.count('userInfo')).toBe(0)
  })

  it('is enough for an answer that comes just in time', async () => {
    const { app, browser } = await newApp({ timeouts: { requestMs: 2_000 } })
    simulator.setFault('token.delay', 700)
    expect((await logIn({ app, browser })).status).toBe(303)
  })

  it.each([
    ['17', '17'],
    ['0', '1'],
    ['999999999999', '86400'],
    ['Fri, 31 Dec 9999 23:59:59 GMT', '86400'],
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1'],
    ['soon', '5'],
    ['-3', '5'],
    ['1e3', '5'],
    ['', '5'],
  ])('passes on how long CIS2 asks to wait, within reason: %s', async (asked, told) => {
    const { app, browser } = await newApp()
    const callback = await comeBack({ app, browser })
    simulator.setFault('token.status', { status: 429, headers: { 'Retry-After': asked } })
    const page = await browser.get(callback)
    expect({ status: page.status, wait: page.headers['retry-after'] }).toEqual({ status: 503, wait: told })
  })
})

describe('the discovery document', () => {
  it('that names another issuer cannot turn a log line round', async () => {
    simulator.setFault('discovery', { issuer: 'https://evil.example/\u202e\u2028line\u009b31m' })
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ISSUER_MISMATCH', 502)
    expect(JSON.stringify(app.events)).not.toMatch(/[\u2028\u202e\u009b]/)
  })

  it('is refused when it names another issuer, with both in the event of the outage', async () => {
    simulator.setFault('discovery', { issuer: 'https://evil.example' })
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ISSUER_MISMATCH', 502)
    const message = JSON.stringify(app.events.filter(({ name }) => name === 'provider.unavailable'))
    expect(message).toContain('https://evil.example')
    expect(message).toContain(simulator.issuer)
  })

  it.each(['/', '?a=b', '%2F', '/more'])('is refused when its issuer has %s at the end', async (suffix) => {
    simulator.setFault('discovery', { issuer: simulator.issuer + suffix })
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ISSUER_MISMATCH', 502)
  })

  it.each([undefined, null, 7, ['https://am.sim.test'], {}])(
    'is refused with the issuer %j',
    async (issuer) => {
      simulator.setFault('discovery', { issuer })
      const { app, browser } = await newApp()
      expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_INVALID', 502)
    },
  )

  it('may name the issuer with :443 where the configuration has none', async () => {
    const journey = await newPublicJourney({ issuer: `https://am.sim.test${realm}` })
    expect((await logIn(journey)).status).toBe(303)
  })

  it('may not name the issuer with any other port', async () => {
    const { simulator: own, app, browser } = await newPublicJourney()
    own.setFault('discovery', { issuer: `https://am.sim.test:8443${realm}` })
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ISSUER_MISMATCH', 502)
  })

  const endpoints = [
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'userinfo_endpoint',
    'end_session_endpoint',
  ]

  it.each(endpoints)('is refused when %s is plain http', async (name) => {
    const { simulator: own, app, browser } = await newPublicJourney()
    own.setFault('discovery', { [name]: 'http://am.sim.test/endpoint' })
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ENDPOINT_REFUSED', 502)
  })

  it.each([
    'https://127.0.0.1/t',
    'https://localhost/t',
    'https://[::1]/t',
    'https://[::ffff:127.0.0.1]/t',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.8/t',
    'https://192.168.0.8/t',
    'https://172.20.0.8/t',
    'https://100.64.0.8/t',
    'https://0.0.0.0/t',
    'https://[::]/t',
    'https://[fd00:ec2::254]/t',
    'https://[fe80::1]/t',
    'https://[::ffff:169.254.169.254]/t',
    'https://[64:ff9b::169.254.169.254]/t',
    'https://[2002:a9fe:a9fe::]/t',
    'https://am.localhost/t',
    'https://127.1/t',
    'https://0177.0.0.1/t',
    'ws://am.sim.test/t',
    'data:application/json,{}',
    'https://0x7f000001/t',
    'https://2130706433/t',
    'https://localhost./t',
    'https://127.0.0.1./t',
    'https://user:password@am.sim.test/t',
    'https://:password@am.sim.test/t',
    'https://10.0.0.8/\u202et',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])('of a public issuer is refused when it leads to %s', async (address) => {
    const { simulator: own, app, browser } = await newPublicJourney()
    own.setFault('discovery', { token_endpoint: address })
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_ENDPOINT_REFUSED', 502)
    expect(JSON.stringify(app.events)).not.toMatch(/[\u2028\u202e]/)
  })

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('is refused without %s', async (name) => {
    simulator.setFault('discovery', { [name]: undefined })
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_INVALID', 502)
  })

  it.each([
    [null],
    [7],
    [''],
    ['/relative'],
    [['https://am.sim.test']],
    ['https://am.sim.test/t#part'],
    ['https://am.sim.test/t\r\nX: y'],
    [' https://am.sim.test/t'],
    ['https://am.sim.test\\t'],
    ['https://'],
    ['https:am.sim.test/t'],
    ['https:/am.sim.test/t'],
    ['HTTPS:///am.sim.test/t'],
    [true],
    [{}],
  ])('is refused with the token endpoint %j', async (value) => {
    simulator.setFault('discovery', { token_endpoint: value })
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_INVALID', 502)
  })

  it.each<readonly [string, FaultName, FaultValues[FaultName], RegExp]>([
    ['a status', 'discovery.status', 404, /^http:\S+\/openid-configuration answered with status 404$/],
    [
      'a login page',
      'discovery.html',
      true,
      /^http:\S+\/openid-configuration did not answer with JSON; a login page/,
    ],
    ['an array', 'discovery.body', '[]', /^http:\S+\/openid-configuration is not a JSON object$/],
    [
      'text',
      'discovery.body',
      '{"issuer":',
      /^http:\S+\/openid-configuration answered with text that is not valid JSON$/,
    ],
    [
      'a redirect',
      'discovery.redirect',
      302,
      /^http:\S+\/openid-configuration answered with a redirect \(302\), which is never followed$/,
    ],
    [
      'no end',
      'discovery.huge',
      Infinity,
      /^http:\S+\/openid-configuration answered with more than 262144 bytes$/,
    ],
  ])(
    'that is something else is told with its address and what came: %s',
    async (_what, name, value, said) => {
      simulator.setFault(name, value)
      const { app, browser } = await newApp()
      await startLogin({ app, browser })
      const [event] = app.events.filter((each) => each.name === 'provider.unavailable')
      expect(Reflect.get(event ?? {}, 'message')).toMatch(said)
    },
  )

  it('with its members twice has the last of each', async () => {
    simulator.setFault(
      'discovery.body',
      (body) => `{"issuer":"https://evil.example","token_endpoint":7,${body.slice(1)}`,
    )
    const { app, browser } = await newApp()
    expect((await logIn({ app, browser })).status).toBe(303)
  })

  it('cannot bring its endpoints on a prototype', async () => {
    simulator.setFault('discovery', { token_endpoint: undefined })
    simulator.setFault(
      'discovery.body',
      (body) => `{"__proto__":{"token_endpoint":"${simulator.issuer}/x"},${body.slice(1)}`,
    )
    const { app, browser } = await newApp()
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_INVALID', 502)
    expect(Reflect.get({}, 'token_endpoint')).toBeUndefined()
  })

  it.each([undefined, null, ''])('may lack the end-session endpoint: %j', async (leftOut) => {
    simulator.setFault('discovery', { end_session_endpoint: leftOut })
    const { app, browser } = await newApp()
    expect((await logIn({ app, browser })).status).toBe(303)
  })

  it.each([undefined, null, ''])(
    'may lack UserInfo where userInfo is off, and only there: %j',
    async (leftOut) => {
      simulator.setFault('discovery', { userinfo_endpoint: leftOut })
      const { app, browser } = await newApp()
      expectFailure(app, await logIn({ app, browser }), 'ERR_CIS2_USERINFO_MISSING', 502)
      const without = await newApp({ userInfo: false })
      expect((await logIn(without)).location).toBe(`${without.app.baseUrl}/`)
    },
  )

  it('that lists no private_key_jwt and no S256 is used as it is, with a warning', async () => {
    simulator.setFault('discovery', {
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      code_challenge_methods_supported: ['plain'],
    })
    const { app, browser } = await newApp()
    const page = await startLogin({ app, browser })
    expect(new URL(page.location ?? '').searchParams.get('code_challenge_method')).toBe('S256')
    const warnings = JSON.stringify(app.events.filter(({ name }) => name === 'configuration.warning'))
    expect(warnings).toContain('private_key_jwt')
    expect(warnings).toContain('S256')
  })

  it('that lists no algorithm of ours, or has no end-session endpoint where it is wanted, is warned of once', async () => {
    simulator.setFault('discovery', {
      id_token_signing_alg_values_supported: ['none', 'ES256'],
      end_session_endpoint: undefined,
    })
    const { app, browser } = await newApp({ logout: { provider: true } })
    expect((await logIn({ app, browser })).status).toBe(303)
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_601_000)
    await startLogin({ app, browser: new Browser() })
    expect(simulator.requests.count('discovery')).toBe(2)
    const warnings = app.events.filter(({ name }) => name === 'configuration.warning')
    expect(warnings.map((event) => Reflect.get(event, 'message') as unknown)).toEqual([
      expect.stringContaining('does not name RS256'),
      expect.stringContaining('end_session_endpoint is missing'),
    ])
    const content = await newApp()
    await startLogin(content)
    expect(JSON.stringify(content.app.events)).not.toContain('end_session_endpoint')
  })
})

describe('discovery', () => {
  it('waits for the first login', async () => {
    const { app, browser } = await newApp()
    await browser.get(app.baseUrl)
    await browser.get(`${app.baseUrl}/cis2/jwks`)
    await browser.get(`${app.baseUrl}/private`)
    expect(simulator.requests).toHaveLength(0)
    await startLogin({ app, browser })
    expect(simulator.requests.count('discovery')).toBe(1)
  })

  it('is one fetch for fifty logins that start while it is slow', async () => {
    simulator.setFault('discovery.delay', 200)
    const { app } = await newApp()
    const pages = await Promise.all(
      Array.from({ length: 50 }, () => startLogin({ app, browser: new Browser() })),
    )
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 302))
    expect(simulator.requests.count('discovery')).toBe(1)
  })

  it('answers fifty logins in time when it hangs, with one fetch', async () => {
    simulator.setFault('discovery.hang')
    const { app } = await newApp({ timeouts: { requestMs } })
    const { result: pages, ms } = await timed(() =>
      Promise.all(Array.from({ length: 50 }, () => startLogin({ app, browser: new Browser() }))),
    )
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 503))
    expect(ms).toBeLessThan(latestMs)
    expect(simulator.requests.count('discovery')).toBe(1)
  })

  it('is kept for an hour and then done again', async () => {
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    await startLogin({ app, browser })
    clock.mockReturnValue(start + 3_599_000)
    await startLogin({ app, browser })
    expect(simulator.requests.count('discovery')).toBe(1)
    clock.mockReturnValue(start + 3_601_000)
    await startLogin({ app, browser })
    expect(simulator.requests.count('discovery')).toBe(2)
  })

  it.each([
    ['a server error', 'discovery.status', 500],
    ['another issuer', 'discovery', { issuer: 'https://evil.example' }],
    ['a login page', 'discovery.html', true],
    ['a cut connection', 'discovery.reset', 'at-once'],
  ] as const)('that brings %s after an hour leaves the last good copy in use', async (_what, name, value) => {
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    await startLogin({ app, browser })
    simulator.setFault(name, value)
    clock.mockReturnValue(start + 25 * 3_600_000)
    const page = await logIn({ app, browser })
    expect({ status: page.status, reasons: reasons(app) }).toEqual({ status: 303, reasons: [] })
    expect(app.cis2.health()).toMatchObject({
      ok: true,
      provider: { status: 'stale', failure: expect.stringMatching(/^ERR_CIS2_/) },
    })
    expect(app.events.some((event) => event.name === 'provider.unavailable')).toBe(true)
    simulator.clearFaults()
    clock.mockReturnValue(start + 26 * 3_600_000)
    await startLogin({ app, browser: new Browser() })
    expect(app.cis2.health()).toMatchObject({ ok: true, provider: { status: 'up' } })
  })

  it('pauses longer and longer between failures', async () => {
    simulator.setFault('discovery.status', 500)
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    for (let i = 0; i < 20; i++) expect((await startLogin({ app, browser })).status).toBe(503)
    // The first failure is followed by no pause, the second by one.
    expect(simulator.requests.count('discovery')).toBe(2)
    simulator.requests.clear()
    for (let ms = 0; ms < 600_000; ms += 500) {
      clock.mockReturnValue(start + ms)
      await app.cis2.ready().catch(() => undefined)
    }
    // Half a minute at most, half of it random: between 20 and 40 in ten minutes, and a few for the way there.
    expect(simulator.requests.count('discovery')).toBeGreaterThanOrEqual(20)
    expect(simulator.requests.count('discovery')).toBeLessThanOrEqual(55)
    expect(app.events.filter(({ name }) => name === 'provider.unavailable').length).toBeLessThanOrEqual(57)
    clock.mockReturnValue(start + 700_000)
    simulator.clearFaults()
    expect((await startLogin({ app, browser })).status).toBe(302)
  })

  it('does not ask again before CIS2 wants to be asked', async () => {
    simulator.setFault('discovery.status', { status: 503, headers: { 'Retry-After': '40' } })
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    expect((await startLogin({ app, browser })).headers['retry-after']).toBe('40')
    simulator.clearFaults()
    clock.mockReturnValue(start + 30_000)
    const page = await startLogin({ app, browser })
    expect({ status: page.status, wait: page.headers['retry-after'] }).toEqual({ status: 503, wait: '10' })
    expect(simulator.requests.count('discovery')).toBe(1)
    clock.mockReturnValue(start + 41_000)
    expect((await startLogin({ app, browser })).status).toBe(302)
  })

  it('gets over a clock that went backwards', async () => {
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    await startLogin({ app, browser })
    clock.mockReturnValue(start - 3 * 3_600_000)
    expect((await startLogin({ app, browser })).status).toBe(302)
    expect(simulator.requests.count('discovery')).toBe(2)
  })

  it('gets over a clock that went backwards during a pause', async () => {
    simulator.setFault('discovery.status', { status: 503, headers: { 'Retry-After': '40' } })
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    expect((await startLogin({ app, browser })).status).toBe(503)
    simulator.clearFaults()
    clock.mockReturnValue(start - 3_600_000)
    expect((await startLogin({ app, browser })).status).toBe(302)
  })
})

describe('while CIS2 is down', () => {
  it('the application starts, shows its keys and health, and logs in after the recovery without a restart', async () => {
    const placeholder = await startSimulator()
    const { issuer } = placeholder
    const port = Number(new URL(placeholder.url).port)
    await placeholder.close()
    const { app, browser } = await newApp({ issuer, clientId: testKeys.clientId, jwks: testKeys.jwks })
    expect((await browser.get(app.baseUrl)).status).toBe(200)
    expect((await browser.get(`${app.baseUrl}/cis2/jwks`)).status).toBe(200)
    expect(app.cis2.health()).toMatchObject({ ok: true, provider: { status: 'unknown' } })
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_UNAVAILABLE', 503)
    expect(app.cis2.health()).toMatchObject({
      ok: false,
      provider: { status: 'down', failure: 'ERR_CIS2_DISCOVERY_UNAVAILABLE' },
    })
    await expect(app.cis2.ready()).rejects.toMatchObject({ code: 'ERR_CIS2_DISCOVERY_UNAVAILABLE' })
    const clients = [
      {
        clientId: testKeys.clientId,
        redirectUris: [`${app.baseUrl}/cis2/callback`],
        jwksUri: `${app.url}/cis2/jwks`,
      },
    ]
    const recovered = await startSimulator({ port, issuer, clients })
    try {
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect((await logIn({ app, browser })).status).toBe(303)
      expect(app.cis2.health()).toMatchObject({ ok: true, provider: { status: 'up' } })
    } finally {
      await recovered.close()
    }
  })

  it('a callback that spent nothing works again at the same address', async () => {
    const { app, browser } = await newApp()
    const callback = await comeBack({ app, browser })
    const restarted = await newApp({ publicUrl: app.baseUrl })
    const proxied = new Browser({ [app.baseUrl]: restarted.app.url })
    for (const { name, value } of browser.cookies(app.baseUrl)) proxied.setCookie(app.baseUrl, name, value)
    simulator.setFault('discovery.status', 503)
    expect((await proxied.get(callback)).status).toBe(503)
    simulator.clearFaults()
    expect((await proxied.get(callback)).status).toBe(303)
  })

  it('people who are logged in stay logged in and can log out', async () => {
    const { app, browser } = await newApp()
    await logIn({ app, browser })
    for (const endpoint of ['discovery', 'jwks', 'token', 'userInfo'] as const)
      setTransportFault(endpoint, 'reset', 'at-once')
    expect((await browser.get(`${app.baseUrl}/me`)).status).toBe(200)
    expect((await browser.post(`${app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect((await browser.get(`${app.baseUrl}/me`)).status).toBe(302)
  })

  it('known keys go on verifying after their ten minutes', async () => {
    const { app, browser } = await newApp()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    await logIn({ app, browser })
    simulator.setFault('jwks.status', 500)
    clock.mockReturnValue(start + 700_000)
    expect((await logIn({ app, browser: new Browser() })).status).toBe(303)
    clock.mockReturnValue(start + 5 * 3_600_000)
    const page = await logIn({ app, browser: new Browser() })
    expect({ status: page.status, reasons: reasons(app) }).toEqual({
      status: 503,
      reasons: ['ERR_CIS2_KEYS_UNAVAILABLE'],
    })
  })
})

describe('ready(), health() and close()', () => {
  it('ready() discovers once and health() says so without a call', async () => {
    const { app } = await newApp()
    expect(app.cis2.health().provider).toEqual({ status: 'unknown' })
    await Promise.all([app.cis2.ready(), app.cis2.ready()])
    await app.cis2.ready()
    expect(app.cis2.health().provider).toEqual({
      status: 'up',
      lastSuccess: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(simulator.requests).toHaveLength(1)
  })

  it('ready() rejects with the cause within the budget', async () => {
    simulator.setFault('discovery.hang')
    const { app } = await newApp({ timeouts: { requestMs } })
    const { ms } = await timed(() =>
      expect(app.cis2.ready()).rejects.toMatchObject({ name: 'ProviderError', status: 503 }),
    )
    expect(ms).toBeLessThan(latestMs)
  })

  it('close() may be called twice, and lets go of every connection', async () => {
    const { app, browser } = await newApp()
    await logIn({ app, browser })
    await app.cis2.close()
    await expect(app.cis2.close()).resolves.toBeUndefined()
  })
})

describe('the way to CIS2', () => {
  it('is the fetch option for every call, the first included', async () => {
    const called: string[] = []
    const { app, browser } = await newApp({
      fetch: (input, init) => {
        called.push(new URL(String(input)).pathname.split('/').at(-1) ?? '')
        return globalThis.fetch(input, init)
      },
    })
    expect((await logIn({ app, browser })).status).toBe(303)
    const calls = ['discovery', 'token', 'jwks', 'userInfo'] as const
    expect(called).toHaveLength(4)
    expect(calls.map((each) => simulator.requests.count(each))).toEqual([1, 1, 1, 1])
  })

  it.each(['redirect', 'gzip', 'huge', 'drip', 'reset'] as const)(
    'has the same bounds with a fetch option: %s',
    async (kind) => {
      const { app, browser } = await newApp({
        timeouts: { requestMs },
        fetch: (input, init) => globalThis.fetch(input, init),
      })
      const values = { redirect: 302, gzip: 'bomb', huge: Infinity, drip: 50, reset: 'mid-body' }
      setTransportFault('discovery', kind, values[kind])
      const { result: page, ms } = await timed(() => startLogin({ app, browser }))
      // Too much is cut off where it is too much, not when the time is up.
      expect(page.status).toBe(['redirect', 'gzip', 'huge'].includes(kind) ? 502 : 503)
      expect(ms).toBeLessThan(latestMs)
      expect(simulator.requests.count('elsewhere')).toBe(0)
    },
  )

  it('ends in time with a fetch option that never settles', async () => {
    const { app, browser } = await newApp({
      timeouts: { requestMs },
      fetch: () => new Promise<Response>(() => undefined),
    })
    const { result: page, ms } = await timed(() => startLogin({ app, browser }))
    expectFailure(app, page, 'ERR_CIS2_DISCOVERY_UNAVAILABLE', 503)
    expect(ms).toBeLessThan(latestMs)
  })

  it('ends in time with a fetch option that never settles for the token request', async () => {
    const { app, browser } = await newApp({
      timeouts: { requestMs },
      fetch: (input, init) =>
        init?.method === 'POST' ? new Promise<Response>(() => undefined) : globalThis.fetch(input, init),
    })
    const callback = await comeBack({ app, browser })
    const { result: page, ms } = await timed(() => browser.get(callback))
    expectFailure(app, page, 'ERR_CIS2_TOKEN_TIMEOUT', 504)
    expect(ms).toBeLessThan(latestMs)
  })

  it.each<unknown>([undefined, null, 'text', {}, { status: 200 }, { status: '200', headers: new Headers() }])(
    'is a failure like any other with a fetch option that returns %p',
    async (answer) => {
      const { app, browser } = await newApp({ fetch: () => Promise.resolve(answer as Response) })
      expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_UNAVAILABLE', 503)
    },
  )

  it('may be a fetch option that throws an odd error: the message stays one line without it', async () => {
    const odd = Object.assign(new Error('first\nsecond'), { code: 'A\nB', headers: { cookie: 'canary' } })
    odd.cause = odd
    const { app, browser } = await newApp({ fetch: () => Promise.reject(odd) })
    expectFailure(app, await startLogin({ app, browser }), 'ERR_CIS2_DISCOVERY_UNAVAILABLE', 503)
    expect(JSON.stringify(app.events)).not.toMatch(/canary|\\n/)
    const endless = new Error('round')
    endless.cause = endless
    const other = await newApp({ fetch: () => Promise.reject(endless) })
    expectFailure(other.app, await startLogin(other), 'ERR_CIS2_DISCOVERY_UNAVAILABLE', 503)
  })

  it('is a replaced globalThis.fetch where something replaced it', async () => {
    const original = globalThis.fetch
    const called = jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => original(input, init))
    const { app, browser } = await newApp()
    expect((await logIn({ app, browser })).status).toBe(303)
    // The simulator's own fetch of the application's keys is another's call.
    const ours = called.mock.calls.filter(([input]) => String(input).startsWith(simulator.url))
    expect(ours).toHaveLength(4)
  })

  it('names the library and asks for no compression', async () => {
    const { app, browser } = await newApp()
    await logIn({ app, browser })
    const calls = simulator.requests.filter(({ endpoint }) => endpoint !== 'authorize')
    expect(calls.map(({ headers }) => headers['user-agent'])).toEqual(calls.map(() => 'express-cis2'))
    expect(calls.map(({ headers }) => headers['accept-encoding'])).toEqual(calls.map(() => 'identity'))
  })

  it('takes the answer that no coding was applied in whatever case', async () => {
    const headers = { 'Content-Encoding': 'Identity' }
    for (const endpoint of ['discovery', 'jwks', 'token', 'userInfo'] as const)
      simulator.setFault(`${endpoint}.headers`, headers)
    const { app, browser } = await newApp()
    expect((await logIn({ app, browser })).status).toBe(303)
  })

  it('is public in production: the same login through https names', async () => {
    const journey = await newPublicJourney()
    const page = await logIn(journey)
    expect(page.location).toBe(`${publicApp}/`)
  })
})
