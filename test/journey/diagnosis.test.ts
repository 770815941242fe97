import type { RequestListener, ServerResponse } from 'node:http'
import { jest } from '@jest/globals'
import type { Express } from 'express'
import { createJwks, type Cis2EventName, type Cis2Events, type Finding } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings, RunningApp } from '../support/app.js'
import { setFaults, type FaultSet } from '../support/judged-login.js'
import { testKeys } from '../support/keys.js'
import {
  comeBack,
  joinSimulator,
  logIn,
  startPublicJourney,
  publicProvider,
  type Journey,
} from '../support/login.js'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({
    clients: [
      { clientId: testKeys.clientId },
      { clientId: apiPlatformKey },
      { clientId: 'rs256', signingAlgorithm: 'RS256' },
    ],
  })
})
afterAll(() => simulator.close())

let journey: Journey | undefined
afterEach(async () => {
  jest.useRealTimers()
  simulator.clearFaults()
  simulator.forgetClientKeys()
  simulator.requests.clear()
  await journey?.close()
  journey = undefined
})

const apiPlatformKey = '0123456789abcdef0123456789ABCDEF'
const { jwks } = testKeys

async function start(settings: AppSettings = {}): Promise<Journey> {
  return (journey = await joinSimulator(simulator, { ...testKeys, ...settings }))
}

function next<Name extends Cis2EventName>({ cis2 }: RunningApp, name: Name): Promise<Cis2Events[Name]> {
  return new Promise((resolve) => void cis2.events.once(name, resolve))
}

/** Answers instead of the key set, before everything else. */
function publishing(answer: (response: ServerResponse) => unknown): AppSettings {
  const listener: RequestListener = (_req, res) => void answer(res)
  return { before: (app: Express) => void app.use('/cis2/jwks', listener) }
}

function json(body: unknown) {
  return (response: ServerResponse): unknown =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}

const published = createJwks({ jwks }).keys[0]
const otherModulus = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(255, 7)]).toString('base64url')

function shiftClock(seconds: number): void {
  const doNotFake = [
    'nextTick',
    'setImmediate',
    'clearImmediate',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'queueMicrotask',
    'performance',
    'hrtime',
  ] as const
  jest.useFakeTimers({ doNotFake: [...doNotFake], now: Date.now() + seconds * 1000 })
}

type Case = [string, string, RegExp, AppSettings, FaultSet?]

describe('a client that CIS2 refuses is told with the cause, by the first login', () => {
  const cases: Case[] = [
    [
      'another algorithm in the key than in the settings',
      'algorithm-as-registered',
      /sign with RS256/,
      { signingAlgorithm: 'RS512', jwks: { keys: jwks.keys.map((key) => ({ ...key, alg: 'RS256' })) } },
    ],
    ['the issuer as audience', 'audience-exact', /the issuer, not/, { clientAssertionAudience: 'issuer' }],
    [
      'an audience without its scheme',
      'audience-exact',
      /is no address|another host/,
      { clientAssertionAudience: 'am.test/access_token' },
    ],
    [
      'a key set without the key',
      'kid-published-once',
      /another-kid/,
      publishing(json({ keys: [{ ...published, kid: 'another-kid' }] })),
    ],
    [
      'a key set with the key twice',
      'kid-published-once',
      /2 times/,
      publishing(json({ keys: [published, published] })),
    ],
    [
      'a key set with another key of this name',
      'signature-verifies',
      /not by the key/,
      publishing(json({ keys: [{ ...published, n: otherModulus }] })),
    ],
    ['a key set with the private key', 'jwks-public-only', /key 1 has d/, publishing(json(jwks))],
    [
      'a key set for encryption',
      'jwks-keys-complete',
      /another use/,
      publishing(json({ keys: [{ ...published, use: 'enc' }] })),
    ],
    ['an empty key set', 'jwks-not-empty', /empty/, publishing(json({ keys: [] }))],
    [
      "the API platform's key as client id",
      'client-id-of-cis2',
      /API platform/,
      { clientId: apiPlatformKey },
      { 'token.error': 'invalid_client' },
    ],
    [
      'another registered algorithm',
      'client-authentication-works',
      /JWT is not valid/,
      { clientId: 'rs256' },
    ],
    [
      'a client that is registered for a secret',
      'client-authentication-works',
      /Invalid authentication method/,
      {},
      {
        'token.error': {
          error: 'invalid_client',
          error_description: 'Invalid authentication method for accessing this endpoint.',
        },
      },
    ],
  ]

  test.each(cases)('%s: %s', async (_name, id, found, settings, faults = {}) => {
    const { app, browser } = await start(settings)
    const address = await comeBack({ app, browser })
    setFaults(simulator, faults)
    const told = next(app, 'client_authentication.refused')
    const page = await browser.get(address)
    expect(page.status).toBe(502)
    const { findings, reason, reference, kid } = await told
    expect(findings.map((finding) => finding.id)).toEqual([id])
    expect(findings[0]).toMatchObject({ found: expect.stringMatching(found), fix: expect.any(String) })
    expect(reason).toBe('ERR_CIS2_CLIENT_REFUSED')
    expect(page.text).toContain(reference)
    expect(page.text).not.toContain(findings[0]?.title)
    expect(kid).toBe(published?.kid)
    const spent = new URL(address).searchParams
    const secrets = [
      spent.get('code'),
      spent.get('state'),
      browser.cookieHeader(app.baseUrl),
      jwks.keys[0]?.d,
    ]
    const everything = JSON.stringify(app.events)
    expect(
      secrets.filter((secret) => typeof secret === 'string' && secret !== '' && everything.includes(secret)),
    ).toEqual([])
    expect(everything).not.toContain('eyJ')
  })

  test('a clock that is ten minutes slow', async () => {
    const { app, browser } = await start()
    shiftClock(-600)
    const address = await comeBack({ app, browser })
    simulator.setFault('clock', 600)
    const told = next(app, 'client_authentication.refused')
    await browser.get(address)
    expect((await told).findings.map(({ id }) => id)).toEqual(['clock-in-step'])
  })

  test('an audience that differs only by :443', async () => {
    const issuer = `${publicProvider}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`
    journey = await startPublicJourney({ clientAssertionAudience: `${issuer}/access_token` })
    const told = next(journey.app, 'client_authentication.refused')
    await logIn(journey)
    expect((await told).findings).toMatchObject([
      { id: 'audience-exact', found: expect.stringContaining('differs only by :443') },
    ])
  })
})

describe('another failed login is explained by login.diagnosed', () => {
  const cases: Case[] = [
    [
      'a key set behind basic authentication',
      'jwks-reachable',
      /status 401/,
      publishing((res) => res.writeHead(401).end()),
    ],
    [
      'a key set that leads to a login page',
      'jwks-reachable',
      /redirect/,
      publishing((res) => res.writeHead(302, { location: '/login' }).end()),
    ],
    ['a key set that is a bare array', 'jwks-readable', /bare array/, publishing(json([published]))],
    [
      'a redirect URI that is not registered',
      'redirect-uri-exact',
      /does not match a pre-registered value/,
      {},
      {
        'token.error': {
          error: 'redirect_uri_mismatch',
          error_description: 'The redirection URI provided does not match a pre-registered value.',
        },
      },
    ],
  ]

  test.each(cases)('%s: %s', async (_name, id, found, settings, faults = {}) => {
    const { app, browser } = await start(settings)
    const address = await comeBack({ app, browser })
    setFaults(simulator, faults)
    const told = next(app, 'login.diagnosed')
    const page = await browser.get(address)
    const { findings, reference, outcome } = await told
    expect(findings.map((finding) => finding.id)).toEqual([id])
    expect(findings[0]?.found).toMatch(found)
    expect(page.text).toContain(reference)
    expect(outcome).toBe('failure')
  })

  test.each<[string, FaultSet, string]>([
    ['another issuer in the document', { discovery: { issuer: 'https://am.test/openam' } }, 'issuer-exact'],
    ['an HTML page instead of the document', { 'discovery.html': true }, 'discovery-valid'],
    ['a document that is not there', { 'discovery.status': 404 }, 'discovery-valid'],
  ])('%s: %s', async (_name, faults, id) => {
    const { app, browser } = await start()
    setFaults(simulator, faults)
    const told = next(app, 'login.diagnosed')
    await browser.get(`${app.baseUrl}/cis2/login`)
    expect((await told).findings.map((finding) => finding.id)).toEqual([id])
  })

  test('an issuer where nobody listens: provider-reachable', async () => {
    const { app, browser } = await start({ issuer: 'http://127.0.0.1:1/openam' })
    const told = next(app, 'login.diagnosed')
    await browser.get(`${app.baseUrl}/cis2/login`)
    expect((await told).findings).toMatchObject([
      { id: 'provider-reachable', found: expect.stringContaining('ECONNREFUSED') },
    ])
  })

  test('a clock that is a minute slow: clock-in-step', async () => {
    const { app, browser } = await start()
    shiftClock(-60)
    const address = await comeBack({ app, browser })
    simulator.setFault('clock', 60)
    const told = next(app, 'login.diagnosed')
    await browser.get(address)
    const { findings, reason } = await told
    expect(findings).toMatchObject([
      { id: 'clock-in-step', found: expect.stringMatching(/(59|60|61) seconds behind/) },
    ])
    expect(reason).toBe('ERR_CIS2_ID_TOKEN_ISSUED_AT')
  })

  test('and not by what has nothing to do with it', async () => {
    const { app, browser } = await start(publishing((res) => res.writeHead(401).end()))
    const address = await comeBack({ app, browser })
    setFaults(simulator, { 'token.error': 'invalid_grant' })
    await browser.get(address)
    await diagnosed(2)
    expect(app.events.map(({ name }) => name)).not.toContain('login.diagnosed')
  })

  test('and not where nothing is wrong with the set-up', async () => {
    const { app, browser } = await start()
    const address = await comeBack({ app, browser })
    setFaults(simulator, { 'token.error': 'invalid_grant' })
    await browser.get(address)
    // The next failure is of another kind, and its event comes after anything that was to be said of the first.
    await diagnosed(2)
    // Nobody's behalf but the login's: with nothing wrong, a live probe would be the next thing to do.
    expect(simulator.requests.count('token')).toBe(1)
    expect(app.events.map(({ name }) => name)).not.toContain('login.diagnosed')
  })
})

/** Waits until discovery has been fetched so many times: once by the login, once by each diagnosis; and a moment more. */
async function diagnosed(times: number): Promise<void> {
  while (simulator.requests.count('discovery') < times) await new Promise((resolve) => setImmediate(resolve))
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the diagnosis', () => {
  test('is made once in five minutes, and later errors and events carry what it found', async () => {
    const errors: { findings?: readonly Finding[] }[] = []
    const { app, anotherBrowser } = await start({
      clientAssertionAudience: 'issuer',
      errors: 'next',
      after: (express) =>
        express.use(
          (error: { findings?: readonly Finding[] }, _req: unknown, res: ServerResponse, _next: unknown) => {
            errors.push(error)
            res.writeHead(500).end()
          },
        ),
    })
    const refuse = async (): Promise<Cis2Events['client_authentication.refused']> => {
      const told = next(app, 'client_authentication.refused')
      await logIn({ app, browser: anotherBrowser() })
      return await told
    }
    const first = await refuse()
    expect(simulator.requests.count('discovery')).toBe(2)
    const second = await refuse()
    expect(simulator.requests.count('discovery')).toBe(2)
    expect(second.findings).toEqual(first.findings)
    expect(second.reference).not.toBe(first.reference)
    expect(errors.map(({ findings }) => findings?.map(({ id }) => id))).toEqual([
      undefined,
      ['audience-exact'],
    ])
    shiftClock(301)
    simulator.setFault('clock', 0)
    await refuse()
    expect(simulator.requests.count('discovery')).toBe(3)
  })

  test('is shared by those that fail while it goes on', async () => {
    let fetches = 0
    const { app, anotherBrowser } = await start({
      clientAssertionAudience: 'issuer',
      before: (express) =>
        void express.use('/cis2/jwks', (_req, _res, nextHandler) => {
          fetches += 1
          nextHandler()
        }),
    })
    const browsers = [anotherBrowser(), anotherBrowser(), anotherBrowser()]
    const addresses = await Promise.all(browsers.map((browser) => comeBack({ app, browser })))
    const told = new Promise<void>((resolve) => {
      let count = 0
      app.cis2.events.on('client_authentication.refused', () => void (++count === 3 && resolve()))
    })
    await Promise.all(browsers.map((browser, index) => browser.get(addresses[index] ?? '')))
    await told
    const references = app.events.flatMap(({ name, reference }) =>
      name === 'client_authentication.refused' ? [reference] : [],
    )
    expect(new Set(references).size).toBe(3)
    // The simulator asked once for each login that came while it had no copy; the diagnosis once.
    expect(simulator.requests.count('discovery')).toBe(2)
    expect(fetches).toBeLessThanOrEqual(4)
  })

  test('keeps nobody waiting, and ends with close(), which loses no alarm', async () => {
    const waiting: ServerResponse[] = []
    const { app, browser } = await start({
      clientAssertionAudience: 'issuer',
      before: (express) =>
        void express.use('/cis2/jwks', (req, res, nextHandler) => {
          if (req.headers['user-agent'] === 'express-cis2') waiting.push(res)
          else nextHandler()
        }),
    })
    const told = next(app, 'client_authentication.refused')
    expect((await logIn({ app, browser })).status).toBe(502)
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const isClosed = new Promise((resolve) => waiting[0]?.once('close', resolve))
    expect(app.events.map(({ name }) => name)).not.toContain('client_authentication.refused')
    await app.cis2.close()
    expect((await told).findings).toEqual([])
    await isClosed
  })

  test('sends no token request of its own', async () => {
    const { app, browser } = await start({ clientAssertionAudience: 'issuer' })
    const told = next(app, 'client_authentication.refused')
    await logIn({ app, browser })
    await told
    expect(simulator.requests.count('token')).toBe(1)
  })

  test('looks at the keys in use, not at those of the start', async () => {
    const { app, browser } = await start({ clientAssertionAudience: 'issuer' })
    const keys = jwks.keys.map((key) => ({ ...key, kid: 'a-new-name' }))
    app.cis2.setKeys({ keys })
    const told = next(app, 'client_authentication.refused')
    await logIn({ app, browser })
    expect((await told).kid).toBe('a-new-name')
    expect((await told).findings.map(({ id }) => id)).toEqual(['audience-exact'])
  })
})
