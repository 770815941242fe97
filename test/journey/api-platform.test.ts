import { decodeJwt, decodeProtectedHeader } from 'jose'
import { jest } from '@jest/globals'
import type { PlatformOptions } from '../../lib/index.js'
import {
  startSimulator,
  type PlatformApplicationCredentials,
  type RecordedRequest,
  type Simulator,
} from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { platformRoutes, type PlatformAnswer } from '../support/platform-app.js'

let simulator: Simulator
let application: PlatformApplicationCredentials
let options: PlatformOptions
let store: FaultyStore
let journey: Journey
let startedAt: number
const { routes, slow } = platformRoutes(() => options)

beforeAll(async () => {
  simulator = await startSimulator()
  application = await simulator.registerPlatformApplication()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  simulator.clearFaults()
  await journey.close()
})

async function start(settings: AppSettings = {}, person = 'nurse'): Promise<void> {
  options = { ...application, timeoutMs: 5000 }
  store = new FaultyStore()
  const session = { idleTimeoutMinutes: 600 }
  journey = await joinSimulator(simulator, { sessionOptions: { store }, after: routes, session, ...settings })
  startedAt = Date.now()
  setClock(0)
  expect((await logIn(journey, person)).status).toBe(303)
  simulator.requests.clear()
  journey.app.events.length = 0
}

/** Seconds after the login. */
function setClock(seconds: number): void {
  jest.spyOn(Date, 'now').mockReturnValue(startedAt + seconds * 1000)
}

async function ask(
  browser: Browser = journey.browser,
  path = '/token',
): Promise<PlatformAnswer & { status: number }> {
  const { status, text } = await browser.get(journey.app.baseUrl + path)
  return { status, ...(JSON.parse(text) as PlatformAnswer) }
}

/** The token requests, or those of one kind. */
function tokenRequests(grant = ''): readonly RecordedRequest[] {
  return simulator.requests.filter(
    ({ endpoint, body }) => endpoint === 'platformToken' && (body?.grant_type ?? '').includes(grant),
  )
}

/** The name of the record that holds the tokens. */
async function keptKey(): Promise<string> {
  const [key] = (await store.sessions())[0]?.cis2?.keptBeside ?? []
  if (key === undefined) throw new Error('there is no record of tokens')
  return key
}

interface RecordCalls {
  /** How often the record was read. */
  reads: number
  /** How often it was written. */
  writes: number
  /** Calls about its lock. */
  locks: number
}

/** Counts what the store is asked about the record of the tokens, and nothing of what it is asked about sessions. */
function countRecordCalls(key: string): { now(): RecordCalls; take(): RecordCalls } {
  const { memory } = store
  const calls = (['get', 'set', 'destroy'] as const).map((name) => jest.spyOn(memory, name).mock.calls)
  const now = (): RecordCalls => {
    const [read = 0, written = 0] = calls.map((all) => all.filter(([sid]) => sid === key).length)
    const locks = calls.flatMap((all) => all.filter(([sid]) => sid === `${key}.lock`)).length
    return { reads: read, writes: written, locks }
  }
  const take = (): RecordCalls => {
    const taken = now()
    for (const all of calls) all.length = 0
    return taken
  }
  return { now, take }
}

/** The tokens that are kept beside the only session. */
async function keptTokens(): Promise<{ accessToken: string; refreshToken: string }> {
  const text = await storedText()
  const find = (name: string): string => new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1] ?? ''
  return { accessToken: find('accessToken'), refreshToken: find('refreshToken') }
}

/** Everything in the store, the shared records too. */
function storedText(): Promise<string> {
  return new Promise((resolve) => store.memory.all((_error, found) => resolve(JSON.stringify(found ?? {}))))
}

const failures = (): readonly unknown[] =>
  journey.app.events.filter(({ name }) => name === 'platform_token.failed').map(({ reason }) => reason)

describe('the first call', () => {
  it('exchanges the ID token of the login, signed with the key of the platform registration', async () => {
    await start()
    const answer = await ask()
    expect(Object.keys(answer).toSorted()).toEqual(['accessToken', 'expiresAt', 'status'])
    expect(answer.expiresAt).toBe(Math.floor(startedAt / 1000) + 599)
    const [sent] = tokenRequests()
    const { client_assertion: assertion = '', subject_token: subject = '', ...form } = sent?.body ?? {}
    expect(form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    expect(decodeJwt(subject).iss).toBe(simulator.issuer)
    const { kid } = application.signingKey
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS512', kid, typ: 'JWT' })
    const now = Math.floor(startedAt / 1000)
    expect(decodeJwt(assertion)).toEqual({
      iss: application.apiKey,
      sub: application.apiKey,
      aud: application.tokenUrl,
      jti: expect.stringMatching(/^[\w-]{32}$/),
      iat: now,
      exp: now + 60,
    })
    expect(journey.app.events.map(({ name, route }) => `${name} ${route}`)).toEqual([
      'platform_token.issued /token',
    ])
  })

  it('asks once for a hundred requests at the same time', async () => {
    await start()
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()))
    expect(tokenRequests()).toHaveLength(1)
    expect(new Set(answers.map(({ status, accessToken }) => `${status} ${accessToken}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
  })

  it('asks nobody again while the token lasts', async () => {
    await start()
    const first = await ask()
    setClock(560)
    expect(await ask()).toEqual(first)
    expect(tokenRequests()).toHaveLength(1)
  })

  it('is refused without a login, and without another try', async () => {
    await start()
    const page = await journey.anotherBrowser().get(`${journey.app.baseUrl}/token`, {
      accept: 'application/json',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
    })
    expect(page.status).toBe(401)
    expect(await ask(journey.anotherBrowser(), '/unguarded')).toMatchObject({
      status: 401,
      code: 'ERR_CIS2_NOT_LOGGED_IN',
    })
    expect(tokenRequests()).toHaveLength(0)
  })

  it('is made again once, with an assertion of its own, when the answer is lost', async () => {
    await start()
    simulator.setFault('platformToken.reset', 'at-once', { times: 1 })
    expect((await ask()).status).toBe(200)
    const ids = tokenRequests().map(({ body }) => decodeJwt(body?.client_assertion ?? '').jti)
    expect(new Set(ids).size).toBe(2)
  })

  it('is not made a third time, nor by the next request a moment later', async () => {
    await start()
    simulator.setFault('platformToken.status', 503)
    const answers = [await ask(), await ask(), await ask()]
    expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(
      answers.map(() => '503 ERR_CIS2_PLATFORM_UNAVAILABLE'),
    )
    expect(tokenRequests()).toHaveLength(2)
    expect(failures()).toEqual(['ERR_CIS2_PLATFORM_UNAVAILABLE'])
    simulator.clearFaults()
    setClock(6)
    expect((await ask()).status).toBe(200)
  })
})

describe('an expired token', () => {
  it.each([
    [1, 50],
    [3, 50],
    [50, 2],
  ])(
    'of %i sessions with %i requests each at once is refreshed once for each session',
    async (sessions, each) => {
      await start()
      const browsers = [
        journey.browser,
        ...Array.from({ length: sessions - 1 }, () => journey.anotherBrowser()),
      ]
      for (const browser of browsers.slice(1)) await logIn({ app: journey.app, browser })
      const old = await Promise.all(browsers.map((browser) => ask(browser)))
      for (const seconds of [600, 1200]) {
        setClock(seconds)
        simulator.requests.clear()
        const answers = await Promise.all(
          browsers.map((browser) => Promise.all(Array.from({ length: each }, () => ask(browser)))),
        )
        expect(tokenRequests('refresh_token')).toHaveLength(sessions)
        expect(tokenRequests()).toHaveLength(sessions)
        for (const [index, ofOne] of answers.entries()) {
          expect(ofOne.map(({ status }) => status)).toEqual(ofOne.map(() => 200))
          expect(new Set(ofOne.map(({ accessToken }) => accessToken)).size).toBe(1)
          expect(ofOne[0]?.accessToken).not.toBe(old[index]?.accessToken)
        }
      }
      expect(failures()).toEqual([])
      // No refresh token was lost, and none was used twice.
      expect(simulator.requests.filter(({ refusal }) => refusal !== undefined)).toEqual([])
    },
    30_000,
  )

  it('is refreshed once for all requests of a process: who comes meanwhile asks for no lock either', async () => {
    await start()
    await ask()
    const count = countRecordCalls(await keptKey())
    setClock(600)
    await ask()
    const forOne = count.take()
    expect(forOne.writes).toBe(1)
    expect(forOne.locks).toBeGreaterThan(0)
    setClock(1200)
    const requests = 50
    // The platform is slow: every request has looked for tokens before it answers.
    const send = async (...call: Parameters<typeof fetch>): Promise<Response> => {
      await until(() => count.now().reads >= requests)
      return await fetch(...call)
    }
    options = { ...options, fetch: send }
    const answers = await Promise.all(Array.from({ length: requests }, () => ask()))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { writes, locks } = count.take()
    expect({ writes, locks }).toEqual({ writes: forOne.writes, locks: forOne.locks })
    expect(tokenRequests('refresh_token')).toHaveLength(2)
  })

  it('is refreshed with the API key and secret, and the new refresh token is used the next time', async () => {
    await start()
    await ask()
    for (const seconds of [600, 1200, 1800]) {
      setClock(seconds)
      expect((await ask()).status).toBe(200)
    }
    const refreshes = tokenRequests('refresh_token').map(({ body }) => body ?? {})
    expect(refreshes.map(({ refresh_token: _token, ...form }) => form)).toEqual(
      refreshes.map(() => ({
        grant_type: 'refresh_token',
        client_id: application.apiKey,
        client_secret: application.apiSecret,
      })),
    )
    expect(new Set(refreshes.map(({ refresh_token: token }) => token)).size).toBe(3)
  })

  it('is not refreshed back by a slow request that writes the session it had read before', async () => {
    await start()
    await ask()
    const arrived = slow()
    const writing = journey.browser.get(`${journey.app.baseUrl}/slow`)
    const goOn = await arrived
    setClock(600)
    const fresh = await ask()
    goOn()
    expect((await writing).text).toBe('written')
    expect(await ask()).toEqual(fresh)
    setClock(1200)
    expect((await ask()).status).toBe(200)
    expect(failures()).toEqual([])
  })

  it('is taken from who was quicker when a request has read the old one a moment before', async () => {
    await start()
    await ask()
    setClock(600)
    // Reads what is there, and hears of it late.
    const get = store.memory.get.bind(store.memory)
    let release: (() => void) | undefined
    const reached = new Promise<void>((resolve) => {
      store.memory.get = (sid, done) => {
        if (!sid.startsWith('cis2.')) get(sid, done)
        else
          get(sid, (error: unknown, found) => {
            store.memory.get = get
            release = () => done(error, found)
            resolve()
          })
      }
    })
    const late = ask()
    await reached
    const fresh = await ask()
    release?.()
    expect(await late).toEqual(fresh)
    expect(tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('goes on with the old refresh token where no new one comes', async () => {
    await start()
    await ask()
    const before = tokenRequests().length
    setClock(600)
    simulator.setFault('platformToken', { refresh_token: undefined }, { times: 1 })
    expect((await ask()).status).toBe(200)
    setClock(1200)
    await ask()
    const sent = tokenRequests()
      .slice(before)
      .map(({ body }) => body?.refresh_token)
    expect(sent).toHaveLength(2)
    expect(sent[0]).toBe(sent[1])
  })

  it.each([
    ['that is none', 'not.a.token'],
    ['without a signature, of somebody else at a lower level', unsignedIdToken()],
  ])('ignores an ID token in the answer %s: the login stays what it was', async (_what, idToken) => {
    await start()
    await ask()
    const me = `${journey.app.baseUrl}/me`
    const before = JSON.parse((await journey.browser.get(me)).text) as { user: object; tokens: object }
    setClock(600)
    simulator.setFault('platformToken', { id_token: idToken, scope: 'all' }, { times: 1 })
    expect((await ask()).status).toBe(200)
    expect(tokenRequests('refresh_token')).toHaveLength(1)
    expect(await storedText()).not.toContain(idToken)
    const { user, tokens } = before
    expect(JSON.parse((await journey.browser.get(me)).text)).toMatchObject({ user, tokens })
  })

  it('and the one that renews it never reach the browser: no cookie, header or page has the refresh token', async () => {
    await start()
    const seen: string[] = []
    for (const seconds of [0, 600, 1200]) {
      setClock(seconds)
      for (const path of ['/whoami', '/me', '/private', '/cis2/session']) {
        const { text, headers, cookies } = await journey.browser.get(journey.app.baseUrl + path)
        seen.push(text, JSON.stringify(headers), ...cookies)
      }
      const { refreshToken, accessToken } = await keptTokens()
      for (const token of [refreshToken, accessToken]) {
        expect(token).not.toBe('')
        expect(seen.join('\n')).not.toContain(token)
      }
    }
    expect(tokenRequests('refresh_token')).toHaveLength(2)
  })

  it.each([null, ''])('comes without one where the answer has %j for it', async (none) => {
    await start()
    simulator.setFault('platformToken', { refresh_token: none })
    expect((await ask()).status).toBe(200)
    expect(await storedText()).not.toContain('refreshToken')
  })

  it('is exchanged anew without an API secret while the ID token lives, and then needs a login', async () => {
    await start()
    const { apiSecret: _secret, ...withoutSecret } = options
    options = withoutSecret
    await ask()
    setClock(600)
    expect((await ask()).status).toBe(200)
    const ids = tokenRequests('token-exchange').map(({ body }) => decodeJwt(body?.client_assertion ?? '').jti)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(2)
    setClock(3601)
    for (let tries = 0; tries < 2; tries++) {
      const answer = await ask()
      expect(answer).toMatchObject({ status: 401, code: 'ERR_CIS2_PLATFORM_ID_TOKEN_EXPIRED' })
      // Waiting helps nobody.
      expect(answer.retry).toBeUndefined()
    }
    expect(tokenRequests()).toHaveLength(2)
  })

  it('does not make the login last longer', async () => {
    await start({ session: { idleTimeoutMinutes: 30, absoluteTimeoutHours: 1 } })
    for (const seconds of [600, 1200, 1800, 2400, 3000, 3500]) {
      setClock(seconds)
      expect((await ask()).status).toBe(200)
    }
    setClock(3601)
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(401)
    expect(await storedText()).not.toContain('refreshToken')
  })
})

describe('a lifetime that is no number', () => {
  it.each([
    '1e309',
    'abc',
    '-5',
    '0',
    '',
    ' ',
    null,
    undefined,
    Infinity,
    0,
    -1,
    {},
    '1',
    1,
    '599',
    599,
    599.5,
  ])('such as %j brings one request, not one for every page', async (lifetime) => {
    await start()
    const spoilt = { expires_in: lifetime, refresh_token_expires_in: lifetime }
    simulator.setFault('platformToken', spoilt)
    for (const seconds of [0, 3, 6, 9]) {
      setClock(seconds)
      const { status, expiresAt } = await ask()
      expect(status).toBe(200)
      expect(Number.isSafeInteger(expiresAt)).toBe(true)
    }
    expect(tokenRequests()).toHaveLength(1)
  })
})

describe('a clock that is set back', () => {
  it('lets nobody wait for longer than a pause', async () => {
    await start()
    setClock(300)
    simulator.setFault('platformToken.status', 500)
    expect((await ask()).status).toBe(503)
    simulator.clearFaults()
    setClock(0)
    expect((await ask()).status).toBe(200)
  })

  it('makes no token last longer', async () => {
    await start()
    setClock(300)
    const ahead = await ask()
    setClock(0)
    const { status, expiresAt = 0 } = await ask()
    expect(status).toBe(200)
    expect(expiresAt).toBeLessThan(ahead.expiresAt ?? 0)
  })
})

describe('a refusal of the refresh token', () => {
  it('ends the tokens and not the login, once', async () => {
    await start()
    await ask()
    setClock(600)
    simulator.setFault(
      'platformToken.error',
      { error: 'invalid_grant', error_description: 'refresh_token is invalid', status: 401 },
      { times: 1 },
    )
    const answers = [
      ...(await Promise.all(Array.from({ length: 20 }, () => ask()))),
      await ask(),
      await ask(),
    ]
    expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(
      answers.map(() => '401 ERR_CIS2_PLATFORM_REFRESH_REFUSED'),
    )
    expect(tokenRequests('refresh_token')).toHaveLength(1)
    expect(failures()).toEqual(['ERR_CIS2_PLATFORM_REFRESH_REFUSED'])
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(200)
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect((await ask()).status).toBe(200)
  })

  it('is final: nobody tries again at any later time, until there is a new login', async () => {
    await start({ session: { idleTimeoutMinutes: 1400, absoluteTimeoutHours: 24 } })
    await ask()
    // The refresh token is not spent: another try would bring tokens, and nobody could tell whose they are.
    const refused = { error: 'invalid_grant', error_description: 'refresh_token is invalid', status: 401 }
    simulator.setFault('platformToken.error', refused, { times: 1 })
    for (const seconds of [600, 601, 605, 606, 661, 1200, 3500, 7200, 43_100, 43_300, 80_000]) {
      setClock(seconds)
      expect(await ask()).toMatchObject({ status: 401, code: 'ERR_CIS2_PLATFORM_REFRESH_REFUSED' })
    }
    expect(tokenRequests('refresh_token')).toHaveLength(1)
    expect(tokenRequests()).toHaveLength(2)
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect((await ask()).status).toBe(200)
  })

  it('comes after an answer that was lost, and a login is the way out', async () => {
    await start()
    await ask()
    setClock(600)
    simulator.setFault('platformToken.reset', 'mid-body', { times: 1 })
    expect(await ask()).toMatchObject({ status: 503, code: 'ERR_CIS2_PLATFORM_UNAVAILABLE' })
    setClock(606)
    expect(await ask()).toMatchObject({ status: 401, code: 'ERR_CIS2_PLATFORM_REFRESH_REFUSED' })
    expect(tokenRequests('refresh_token')).toHaveLength(2)
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect((await ask()).status).toBe(200)
  })

  it('is known without asking when twelve hours are over', async () => {
    await start({ session: { idleTimeoutMinutes: 1400, absoluteTimeoutHours: 24 } })
    await ask()
    setClock(43_200)
    expect(await ask()).toMatchObject({ status: 401, code: 'ERR_CIS2_PLATFORM_REFRESH_EXPIRED' })
    expect(tokenRequests()).toHaveLength(1)
  })
})

describe('a platform that cannot be used', () => {
  it.each([
    ['platformToken.status', 500, '503 ERR_CIS2_PLATFORM_UNAVAILABLE'],
    ['platformToken.reset', 'at-once', '503 ERR_CIS2_PLATFORM_UNAVAILABLE'],
    ['platformToken.hang', undefined, '504 ERR_CIS2_PLATFORM_TIMEOUT'],
    ['platformToken.status', 429, '503 ERR_CIS2_PLATFORM_RATE_LIMITED'],
    ['platformToken.html', undefined, '502 ERR_CIS2_PLATFORM_RESPONSE_INVALID'],
    ['platformToken.huge', undefined, '502 ERR_CIS2_PLATFORM_RESPONSE_INVALID'],
    ['platformToken.redirect', undefined, '502 ERR_CIS2_PLATFORM_RESPONSE_INVALID'],
    ['platformToken.error', { error: 'invalid_client', status: 401 }, '502 ERR_CIS2_PLATFORM_CLIENT_REFUSED'],
    ['platformToken.error', { error: 'strange', status: 400 }, '502 ERR_CIS2_PLATFORM_REFUSED'],
  ] as const)(
    '(%s %j) keeps the tokens: the old one while it lasts, and is asked again later',
    async (name, value, answer) => {
      await start()
      options = { ...options, timeoutMs: 1000 }
      const old = await ask()
      simulator.setFault(name, value)
      setClock(580)
      expect(await ask()).toEqual(old)
      expect(await ask()).toEqual(old)
      expect(tokenRequests('refresh_token')).toHaveLength(1)
      setClock(600)
      const { status, code } = await ask()
      expect(`${status} ${code}`).toBe(answer)
      expect(tokenRequests('refresh_token')).toHaveLength(2)
      expect(await ask()).toMatchObject({ status, code, message: expect.stringContaining('seconds') })
      expect(tokenRequests('refresh_token')).toHaveLength(2)
      expect(simulator.requests.count('elsewhere')).toBe(0)
      simulator.clearFaults()
    },
  )

  it('brings no end to the tokens: the same refresh token works when it can be reached again', async () => {
    await start()
    await ask()
    setClock(600)
    const usable = options
    options = { ...usable, fetch: () => Promise.reject(new TypeError('no way there')) }
    expect(await ask()).toMatchObject({ status: 503, code: 'ERR_CIS2_PLATFORM_UNAVAILABLE' })
    options = usable
    expect(await ask()).toMatchObject({ status: 503, code: 'ERR_CIS2_PLATFORM_UNAVAILABLE', retry: 5 })
    setClock(605)
    expect((await ask()).status).toBe(200)
    expect(tokenRequests('refresh_token')).toHaveLength(1)
  })

  it.each([
    { access_token: undefined },
    { access_token: '' },
    { access_token: 'two\r\nlines' },
    { token_type: undefined },
    { token_type: 'DPoP' },
    { refresh_token: 7 },
  ])('and answers %p is refused', async (spoilt) => {
    await start()
    simulator.setFault('platformToken', spoilt)
    expect(await ask()).toMatchObject({ status: 502, code: 'ERR_CIS2_PLATFORM_RESPONSE_INVALID' })
  })
})

describe('a logout while the tokens are refreshed', () => {
  it.each([
    ['of the person', () => journey.browser.clone().post(`${journey.app.baseUrl}/cis2/logout`, {})],
    ['by CIS2', () => simulator.sendLogoutToken({ person: 'nurse' })],
  ] as const)('%s throws them away, and the session stays dead', async (_who, end) => {
    await start()
    await ask()
    const old = journey.browser.clone()
    setClock(600)
    simulator.setFault('platformToken.delay', 400)
    const waiting = ask(old)
    await until(() => tokenRequests('refresh_token').length === 1)
    await end()
    expect(await waiting).toMatchObject({ status: 401, code: 'ERR_CIS2_NOT_LOGGED_IN' })
    expect((await old.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
    expect(await storedText()).not.toContain('refreshToken')
    expect(await store.sessions()).toHaveLength(0)
  })

  it('throws the old ones away too when there are no new ones', async () => {
    await start()
    await ask()
    const old = journey.browser.clone()
    setClock(580)
    simulator.setFault('platformToken.delay', 400)
    simulator.setFault('platformToken.status', 500)
    const waiting = ask(old)
    await until(() => tokenRequests('refresh_token').length === 1)
    await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
    expect(await waiting).toMatchObject({ status: 401, code: 'ERR_CIS2_NOT_LOGGED_IN' })
    expect(await storedText()).not.toContain('refreshToken')
  })

  it('finds them also where a slow request has written the session over that it had read before', async () => {
    await start()
    const arrived = slow()
    const writing = journey.browser.get(`${journey.app.baseUrl}/slow`)
    const goOn = await arrived
    await ask()
    goOn()
    await writing
    expect(await storedText()).toContain('refreshToken')
    await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
    // The answer does not wait for it.
    while ((await storedText()).includes('refreshToken'))
      await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('lets nobody use them either when the store cannot delete them', async () => {
    await start()
    await ask()
    const old = journey.browser.clone()
    setClock(600)
    simulator.setFault('platformToken.delay', 400)
    const waiting = ask(old)
    await until(() => tokenRequests('refresh_token').length === 1)
    await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
    store.isBrokenForRecords = true
    store.break('destroy', 'fails')
    expect(await waiting).toMatchObject({ status: 503, code: 'ERR_CIS2_SESSION_DESTROY' })
  })

  it('cannot be ruled out when the store cannot say: nobody uses them, and they are kept for later', async () => {
    await start()
    await ask()
    setClock(600)
    const key = await keptKey()
    const set = store.memory.set.bind(store.memory)
    store.memory.set = (sid, data, done) => {
      if (sid === key) {
        store.isBrokenForRecords = true
        store.break('get', 'fails')
      }
      set(sid, data, done)
    }
    expect(await ask()).toMatchObject({ status: 503, code: 'ERR_CIS2_SESSION_READ' })
    store.mend()
    expect((await ask()).status).toBe(200)
    expect(tokenRequests('refresh_token')).toHaveLength(1)
  })

  it.each([
    ['of the person', () => journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})],
    ['by CIS2', () => simulator.sendLogoutToken({ person: 'nurse' })],
    ['by a new login', () => logIn(journey, 'pharmacist', '/cis2/login?reauthenticate=true')],
    [
      'by the time that is over',
      () => {
        setClock(36_001)
        return journey.browser.get(`${journey.app.baseUrl}/private`)
      },
    ],
  ] as const)('%s deletes the tokens that were kept', async (_who, end) => {
    await start()
    await ask()
    expect(await storedText()).toContain('refreshToken')
    await end()
    expect(await storedText()).not.toContain('refreshToken')
  })
})

describe('what the platform refuses', () => {
  const refusals: readonly (readonly [string, () => Promise<Partial<PlatformOptions>>, string, string])[] = [
    [
      'an API key that it does not know',
      () => Promise.resolve({ apiKey: 'unknown' }),
      'ERR_CIS2_PLATFORM_CLIENT_REFUSED',
      'apiKey',
    ],
    [
      'a kid that it does not know',
      () => Promise.resolve({ kid: 'another' }),
      'ERR_CIS2_PLATFORM_KEY_REFUSED',
      'an hour',
    ],
    [
      'a key that is not the registered one',
      async () => {
        const { signingKey } = await simulator.registerPlatformApplication()
        return { signingKey, kid: application.signingKey.kid }
      },
      'ERR_CIS2_PLATFORM_KEY_REFUSED',
      'not the public half',
    ],
    [
      'an application without a key',
      () => simulator.registerPlatformApplication({ hasPublicKey: false }),
      'ERR_CIS2_PLATFORM_KEY_REFUSED',
      'Register',
    ],
    [
      'a key set that it cannot fetch',
      () => simulator.registerPlatformApplication({ jwksUri: 'http://127.0.0.1:9/jwks' }),
      'ERR_CIS2_PLATFORM_KEY_REFUSED',
      'from outside',
    ],
    [
      'an audience that differs by a slash',
      () => Promise.resolve({ tokenUrl: `${application.tokenUrl}/` }),
      'ERR_CIS2_PLATFORM_ASSERTION_REFUSED',
      'no other host, path, port or slash',
    ],
    [
      'an ID token whose key CIS2 no longer has',
      async () => {
        await simulator.rotateKeys({ keepPrevious: false })
        return {}
      },
      'ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED',
      'changed its keys',
    ],
    [
      'an ID token of another environment',
      () => simulator.registerPlatformApplication({ trustedIssuer: 'https://other.test' }),
      'ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED',
      'another environment',
    ],
  ]
  it.each(refusals)('%s is told with its cause', async (_what, change, code, hint) => {
    await start()
    options = { ...options, ...(await change()) }
    const answer = await ask()
    expect(answer).toMatchObject({ status: 502, code })
    expect(answer.message).toContain(hint)
    expect(tokenRequests()).toHaveLength(1)
  })

  it.each([
    [400, 'expired', 'clock'],
    [-400, '5 minutes', 'clock'],
  ])(
    'an assertion that is wrong by a clock of %i seconds is told with the clock',
    async (seconds, said, hint) => {
      await start()
      simulator.setFault('clock', seconds)
      const { code, message } = await ask()
      expect(code).toBe('ERR_CIS2_PLATFORM_ASSERTION_REFUSED')
      expect(message).toContain(said)
      expect(message).toContain(hint)
    },
  )

  it('an assertion that arrives twice is told as that', async () => {
    await start()
    const twice = async (...call: Parameters<typeof fetch>): Promise<Response> => {
      await fetch(...call)
      return await fetch(...call)
    }
    options = { ...options, fetch: twice }
    const answer = await ask()
    expect(answer).toMatchObject({ status: 502, code: 'ERR_CIS2_PLATFORM_ASSERTION_REFUSED' })
    expect(answer.message).toContain('repeats requests')
  })

  it('a wrong API secret is told as that, and does not use the tokens up', async () => {
    await start()
    await ask()
    setClock(600)
    const right = options
    options = { ...right, apiSecret: 'the secret of another environment' }
    const answer = await ask()
    expect(answer).toMatchObject({ status: 502, code: 'ERR_CIS2_PLATFORM_CLIENT_REFUSED' })
    expect(answer.message).toContain('apiSecret')
    options = right
    setClock(606)
    expect((await ask()).status).toBe(200)
    expect(tokenRequests('refresh_token')).toHaveLength(2)
  })

  it('a login that is too weak is told as that', async () => {
    await start({ acrValues: ['AAL2_OR_AAL3_ANY'] }, 'aal2-only')
    const answer = await ask()
    expect(answer).toMatchObject({ status: 403, code: 'ERR_CIS2_PLATFORM_NOT_AUTHORISED' })
    expect(answer.message).toContain('AAL3')
  })

  it('never gets a secret into an error or an event, even when the platform repeats it', async () => {
    await start()
    await ask()
    setClock(600)
    const [{ body } = { body: undefined }] = tokenRequests()
    const { refreshToken } = await keptTokens()
    expect(refreshToken).not.toBe('')
    const secrets = [refreshToken, application.apiSecret, body?.subject_token ?? '']
    const error_description = `I got ${secrets.join(' and ')}`
    simulator.setFault('platformToken.error', { error: `e ${application.apiSecret}`, error_description })
    const { message = '' } = await ask()
    const told = message + JSON.stringify(journey.app.events)
    expect(message).toContain('I got [removed] and [removed]')
    for (const secret of secrets) expect(told).not.toContain(secret)
  })
})

describe('an API of the platform', () => {
  it('is told who the person is, and in which role', async () => {
    await start()
    const { text } = await journey.browser.get(`${journey.app.baseUrl}/whoami`)
    expect(JSON.parse(text)).toMatchObject({ sub: '555000000001', roleId: expect.stringMatching(/^555/) })
  })

  it.each([
    ['doctor-many-roles', 'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN'],
    ['unknown-selected-role', 'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN'],
    ['no-role', 'ERR_CIS2_PLATFORM_ROLE_MISSING'],
  ])('is not called for %s, whose role would be a guess', async (person, code) => {
    await start({}, person)
    expect(await ask(journey.browser, '/whoami')).toMatchObject({ status: 403, code })
    expect(simulator.requests.count('platformApi')).toBe(0)
  })
})

describe('another process', () => {
  it('that has the lock is waited for, and not for ever', async () => {
    await start()
    options = { ...options, timeoutMs: 1000 }
    await ask()
    setClock(600)
    // As a process would leave it that died while it refreshed.
    const key = await keptKey()
    const until = Date.now() + 11_000
    const cookie = { originalMaxAge: 11_000, expires: new Date(until), path: '/' }
    const lock = { cookie, cis2Record: { owner: 'another', until } }
    store.memory.set(`${key}.lock`, lock)
    expect(await ask()).toMatchObject({ status: 503, code: 'ERR_CIS2_PLATFORM_BUSY' })
    expect(tokenRequests('refresh_token')).toHaveLength(0)
    setClock(612)
    expect((await ask()).status).toBe(200)
    expect(tokenRequests('refresh_token')).toHaveLength(1)
  })
})

describe('the store', () => {
  it('that fails to keep new tokens is an error, and nobody uses them', async () => {
    await start()
    await ask()
    setClock(600)
    simulator.setFault('platformToken.delay', 200)
    const waiting = ask()
    await until(() => tokenRequests('refresh_token').length === 1)
    store.isBrokenForRecords = true
    store.break('set', 'fails')
    expect(await waiting).toMatchObject({ status: 503, code: 'ERR_CIS2_SESSION_WRITE' })
    expect(failures()).toEqual(['ERR_CIS2_SESSION_WRITE'])
  })

  it('that fails for a moment is written to again: the refresh token that was used cannot be used once more', async () => {
    await start()
    await ask()
    setClock(600)
    const key = await keptKey()
    const set = store.memory.set.bind(store.memory)
    let failuresLeft = 2
    store.memory.set = (sid, data, done) => {
      if (sid !== key || failuresLeft === 0) set(sid, data, done)
      else {
        failuresLeft -= 1
        done?.(new Error('the store failed'))
      }
    }
    const fresh = await ask()
    expect(fresh.status).toBe(200)
    expect(failuresLeft).toBe(0)
    expect(await ask()).toEqual(fresh)
    setClock(1200)
    expect((await ask()).status).toBe(200)
  })

  it.each([
    ['get', 'ERR_CIS2_SESSION_READ'],
    ['set', 'ERR_CIS2_SESSION_WRITE'],
  ] as const)('whose %s fails is an error before the platform is asked', async (operation, code) => {
    await start()
    const arrived = slow()
    const writing = journey.browser.get(`${journey.app.baseUrl}/slow?then=token`)
    const goOn = await arrived
    store.isBrokenForRecords = true
    store.break(operation, 'fails')
    goOn()
    expect(JSON.parse((await writing).text)).toMatchObject({ code })
    expect(tokenRequests()).toHaveLength(0)
  })
})

describe('wrong options', () => {
  it('are told all at once, without the secret', async () => {
    await start()
    options = {
      tokenUrl: 'http://platform.example.nhs.uk/oauth2/token',
      apiKey: '',
      apiSecret: ' a secret',
      signingKey: { ...application.signingKey, alg: 'PS512' },
      timeoutMs: 5,
      assertionLifetimeSeconds: 301,
    }
    const { code, message = '' } = await ask()
    expect(code).toBe('ERR_CIS2_CONFIGURATION')
    for (const name of [
      'tokenUrl',
      'apiKey',
      'apiSecret',
      'signingKey',
      'timeoutMs',
      'assertionLifetimeSeconds',
    ])
      expect(message).toContain(`- ${name}: `)
    expect(message).toContain("6 problems with the API platform's options:")
    expect(message).not.toContain('a secret')
    expect(tokenRequests()).toHaveLength(0)
  })

  it.each([
    [{}, 'is missing: give `environment` or `tokenUrl`'],
    [{ environment: 'integration', tokenUrl: 'https://a.test/' }, 'give one of them'],
    [{ environment: 'production' }, "CIS2's is not"],
    [{ environment: 'int' }, '"integration", "production"'],
    [{ apikey: 'x', environment: 'integration' }, 'did you mean `apiKey`'],
    [{ environment: 'integration', signingKey: undefined }, 'signingKey: is missing'],
    [{ environment: 'integration', signingKey: 'platform.json' }, 'signingKey: is neither PEM'],
    [{ environment: 'integration', signingKey: { keys: [] } }, 'is a JWK set without a key'],
    [{ environment: 'integration', signingKey: '{"keys":[{},{}]}' }, 'is a JWK set of 2 keys: give the one'],
    [{ environment: 'integration', signingKey: { keys: [null] } }, 'signingKey: is not a key'],
    [{ tokenUrl: 'https://a.test/token?' }, 'tokenUrl: must be an https address'],
    [{ tokenUrl: 'https://name@a.test/token' }, 'tokenUrl: must be an https address'],
  ] as const)('such as %j are explained', async (wrong, text) => {
    await start()
    const { apiKey, signingKey } = application
    options = { apiKey, signingKey, ...wrong } as PlatformOptions
    const { code, message } = await ask()
    expect(code).toBe('ERR_CIS2_CONFIGURATION')
    expect(message).toContain("with the API platform's options:")
    expect(message).toContain(text)
  })

  it('are not a JWK set of one key, as keygen writes it', async () => {
    await start()
    const { signingKey: key, ...others } = application
    for (const signingKey of [{ keys: [key] }, JSON.stringify({ keys: [key] })]) {
      options = { ...others, signingKey }
      expect(await ask()).toMatchObject({ accessToken: expect.any(String) })
    }
  })
})

/** As an attacker would make it: `alg` is none. */
function unsignedIdToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: '555000000002', authentication_assurance_level: '1', id_assurance_level: '1' }
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}
