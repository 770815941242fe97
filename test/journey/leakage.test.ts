import { inspect } from 'node:util'
import type { NextFunction, Request, Response } from 'express'
import session from 'express-session'
import {
  AccessError,
  Cis2Error,
  requireAssurance,
  requireLogin,
  requireRole,
  requireUser,
} from '../../lib/index.js'
import {
  startSimulator,
  type FaultName,
  type FaultValues,
  type Simulator,
} from '../../lib/simulator/index.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import { Browser, type Page } from '../support/browser.js'
import { testKeys, testSecret } from '../support/keys.js'
import { choosePerson, comeBack, logIn } from '../support/login.js'

const cookieSecret = 'session cookie secret of the tests'

/** Everything that the application's side of a login let out, and everything that must not be in it. */
interface Observed {
  app: RunningApp
  browser: Browser
  pages: Page[]
  errors: unknown[]
  canaries: Map<string, string>
  visit(url: string, headers?: Record<string, string>): Promise<Page>
}

let simulator: Simulator
let apps: RunningApp[] = []

beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  simulator.clearFaults()
  simulator.requests.clear()
  await Promise.all(apps.map((app) => app.close()))
  apps = []
})
afterAll(() => simulator.close())

async function observe(settings: AppSettings = {}): Promise<Observed> {
  const errors: unknown[] = []
  const pages: Page[] = []
  const canaries = new Map<string, string>()
  const store = new session.MemoryStore()
  const app = await startApp({
    issuer: simulator.issuer,
    ...simulator.client,
    sessionOptions: { store },
    ...settings,
    after(expressApp, cis2) {
      settings.after?.(expressApp, cis2)
      // Express takes the error handler for every route that comes before; ours stand before this one.
      expressApp.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
        errors.push(error)
        res.status(error instanceof Cis2Error ? error.status : 500).send('failed')
      })
    },
  })
  apps.push(app)
  const browser = new Browser()
  return {
    app,
    browser,
    pages,
    errors,
    canaries,
    async visit(url, headers) {
      const page = await browser.get(url, headers)
      pages.push(page)
      return page
    },
  }
}

/** What was secret in the requests that the simulator got and the answers it gave. */
function collectCanaries(observed: Observed, tokens: Record<string, unknown> | undefined): void {
  const { canaries, browser, app } = observed
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'string' && value.length > 8) canaries.set(`${name} ${canaries.size}`, value)
  }
  for (const { body, path, headers } of simulator.requests) {
    for (const name of ['code', 'code_verifier', 'client_assertion']) add(name, body?.[name])
    add('assertion signature', body?.['client_assertion']?.split('.')[2])
    const query = new URLSearchParams(path.split('?')[1])
    for (const name of ['state', 'nonce']) add(name, query.get(name))
    add('access token', headers['authorization']?.replace('Bearer ', ''))
  }
  add('access token', tokens?.['access_token'])
  add('ID token', tokens?.['id_token'])
  if (typeof tokens?.['id_token'] === 'string') add('ID token signature', tokens['id_token'].split('.')[2])
  for (const { name, value } of browser.cookies(app.baseUrl)) {
    if (name === 'connect.sid') add('session id', decodeURIComponent(value).slice(2).split('.')[0])
    else add('attempt cookie', value)
  }
  add('cookie secret', cookieSecret)
  add('sealing secret', testSecret)
  for (const key of [...simulator.client.jwks.keys, ...testKeys.jwks.keys])
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) add(`private key ${member}`, key[member])
}

/** Headers that may carry a secret: the redirect to CIS2 its state and nonce, a cookie itself. */
function publicHeaders({ headers, location }: Page): Record<string, unknown> {
  const { 'set-cookie': _cookies, location: redirect, ...rest } = headers
  return location?.startsWith(simulator.url) ? rest : { ...rest, redirect }
}

function expectNothingLeaked({ app, pages, errors, canaries }: Observed): void {
  const outlets: Record<string, string> = {
    events: JSON.stringify(app.events) + inspect(app.events, { depth: 10, showHidden: true }),
    errors: inspect(errors, { depth: 10, showHidden: true, maxStringLength: null }) + JSON.stringify(errors),
    stacks: errors.map((error) => (error instanceof Error ? String(error.stack) : '')).join('\n'),
    headers: JSON.stringify(pages.map(publicHeaders)),
    bodies: pages.map(({ text }) => text).join('\n'),
    'JSON of cis2': JSON.stringify(app.cis2),
    cis2: inspect(app.cis2, { depth: 10, showHidden: true, maxStringLength: null }),
    health: JSON.stringify(app.cis2.health()),
  }
  const found = Object.entries(outlets).flatMap(([outlet, text]) =>
    [...canaries].flatMap(([name, value]) =>
      text.includes(value) || text.includes(encodeURIComponent(value)) ? [`${name} in ${outlet}`] : [],
    ),
  )
  expect(found).toEqual([])
}

/** Lets the token endpoint's answer be read on its way. */
function watchTokens(): { answer: Record<string, unknown> | undefined } {
  const watched: { answer: Record<string, unknown> | undefined } = { answer: undefined }
  simulator.setFault('token', (answer) => {
    watched.answer = answer
    return answer
  })
  return watched
}

type Fault = { [N in FaultName]: readonly [N, FaultValues[N]] }[FaultName]
const lastTokenRequest = (): Readonly<Record<string, string>> =>
  simulator.requests.filter(({ endpoint }) => endpoint === 'token').at(-1)?.body ?? {}
const lastBearer = (): string =>
  simulator.requests.filter(({ endpoint }) => endpoint === 'userInfo').at(-1)?.headers['authorization'] ?? ''

const failures: [string, Fault[], string][] = [
  ['a refused code', [['token.error', { error: 'invalid_grant' }]], 'ERR_CIS2_CODE_REFUSED'],
  ['a refused client', [['token.error', 'invalid_client']], 'ERR_CIS2_CLIENT_REFUSED'],
  [
    'a token endpoint that repeats code, verifier and assertion',
    [
      ['token.status', 400],
      [
        'token.body',
        () =>
          JSON.stringify({
            error: 'invalid_grant',
            error_description: `bad ${Object.values(lastTokenRequest()).join(' ')}`,
            ...lastTokenRequest(),
          }),
      ],
    ],
    'ERR_CIS2_CODE_REFUSED',
  ],
  [
    'a failing token endpoint that repeats the code',
    [
      ['token.status', 500],
      [
        'token.body',
        () =>
          JSON.stringify({
            error: lastTokenRequest()['code'],
            error_description: `code=${lastTokenRequest()['code']}`,
          }),
      ],
    ],
    'ERR_CIS2_TOKEN_UNAVAILABLE',
  ],
  ['a token answer cut in half', [['token.truncate', true]], 'ERR_CIS2_TOKEN_RESPONSE_INVALID'],
  ['a token answer of an odd type', [['token', { token_type: 'mac' }]], 'ERR_CIS2_TOKEN_RESPONSE_INVALID'],
  ['a token endpoint that hangs', [['token.hang', true]], 'ERR_CIS2_TOKEN_TIMEOUT'],
  ['a wrong signature', [['idTokenSignature', 'bit-flipped']], 'ERR_CIS2_ID_TOKEN_SIGNATURE'],
  ['a wrong nonce', [['idTokenClaims', { nonce: 'wrong' }]], 'ERR_CIS2_ID_TOKEN_NONCE'],
  ['a wrong audience', [['idTokenClaims', { aud: 'somebody else' }]], 'ERR_CIS2_ID_TOKEN_AUDIENCE'],
  ['a wrong issuer', [['idTokenClaims', { iss: 'https://evil.example' }]], 'ERR_CIS2_ID_TOKEN_ISSUER'],
  ['an expired ID token', [['idTokenClaims', { exp: 1 }]], 'ERR_CIS2_ID_TOKEN_EXPIRED'],
  ['an ID token of another algorithm', [['idTokenAlgorithm', 'HS256-pem']], 'ERR_CIS2_ID_TOKEN_ALGORITHM'],
  ['keys that cannot be had', [['jwks.status', 500]], 'ERR_CIS2_KEYS_UNAVAILABLE'],
  [
    'UserInfo that repeats the access token',
    [
      ['userInfo.status', 500],
      ['userInfo.body', () => JSON.stringify({ error: 'server_error', error_description: lastBearer() })],
    ],
    'ERR_CIS2_USERINFO_UNAVAILABLE',
  ],
  [
    'UserInfo that is no JSON',
    [['userInfo.body', () => `{"token":"${lastBearer()}"`]],
    'ERR_CIS2_USERINFO_RESPONSE_INVALID',
  ],
  ['UserInfo about another person', [['userInfo', { sub: '555000000000' }]], 'ERR_CIS2_USERINFO_SUBJECT'],
]

describe('nothing secret comes out', () => {
  it('of a login that works', async () => {
    const observed = await observe()
    const { app, browser, visit, canaries } = observed
    const tokens = watchTokens()
    const login = await visit(`${app.baseUrl}/cis2/login?returnTo=/private`)
    const done = await visit(await choosePerson(browser, login.location ?? '', 'nurse'))
    expect(done.status).toBe(303)
    expect((await visit(done.location ?? '')).status).toBe(200)
    collectCanaries(observed, tokens.answer)
    const kinds = new Set([...canaries.keys()].map((name) => name.replace(/ \d+$/, '')))
    for (const kind of [
      'code',
      'code_verifier',
      'client_assertion',
      'state',
      'nonce',
      'access token',
      'ID token',
      'session id',
      'cookie secret',
      'private key d',
    ])
      expect(kinds).toContain(kind)
    expectNothingLeaked(observed)
  })

  describe.each(['respond', 'next'] as const)("of a login that fails, with errors: '%s'", (errors) => {
    it.each(failures)('through %s', async (_what, faults, code) => {
      // Short only where something hangs: a loaded machine needs its time for the rest.
      const requestMs = code === 'ERR_CIS2_TOKEN_TIMEOUT' ? 500 : 10_000
      const observed = await observe({ errors, timeouts: { requestMs } })
      const { app, browser, visit } = observed
      const watched = faults.some(([name]) => name === 'token') ? { answer: undefined } : watchTokens()
      const login = await visit(`${app.baseUrl}/cis2/login`)
      const callback = await choosePerson(browser, login.location ?? '', 'nurse')
      for (const [name, value] of faults) simulator.setFault(name, value)
      await visit(callback)
      await visit(callback)
      await visit(`${callback}&code=another`)
      await visit(callback, {
        accept: 'application/json',
        'sec-fetch-mode': 'cors',
        'sec-fetch-dest': 'empty',
      })
      expect(app.events.find(({ name }) => name === 'login.failed')?.reason).toBe(code)
      expect(observed.errors.length).toBe(errors === 'next' ? 4 : 0)
      collectCanaries(observed, watched.answer)
      expectNothingLeaked(observed)
    })
  })

  it('of guards that refuse, or ask for a stronger login that does not come', async () => {
    for (const errors of ['respond', 'next'] as const) {
      const observed = await observe({
        errors,
        acrValues: ['AAL2_ANY'],
        after: (app) => {
          app.all('/role', requireRole('R0000'))
          app.all(
            '/rule',
            requireUser(() => Promise.reject(new AccessError('ERR_CIS2_ACCESS_DENIED'))),
          )
          app.all('/strong', requireAssurance({ authentication: 3 }))
        },
      })
      const { app, browser, visit, canaries } = observed
      const tokens = watchTokens()
      await visit(
        await choosePerson(browser, (await visit(`${app.baseUrl}/cis2/login`)).location ?? '', 'aal2-only'),
      )
      const asked = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
      for (const path of ['/role', '/rule', '/strong']) await visit(app.baseUrl + path, asked)
      for (const path of ['/role', '/rule']) await visit(app.baseUrl + path)
      const trip = await visit(`${app.baseUrl}/strong`)
      const failed = await visit(await choosePerson(browser, trip.location ?? '', 'aal2-only'))
      expect(failed.status).toBe(403)
      expect(app.events.filter(({ name }) => name === 'access.denied')).toHaveLength(5)
      collectCanaries(observed, tokens.answer)
      expect(canaries.size).toBeGreaterThan(10)
      expectNothingLeaked(observed)
    }
  })

  it('of the person but their number, into events and errors', async () => {
    const claims = ['Whitlock', 'nora', '00A0000E', '555000001001', 'A9A5A', 'exampleteam', 'R8001', 'B0420']
    for (const errors of ['respond', 'next'] as const) {
      const observed = await observe({
        errors,
        scope: 'openid profile nationalrbacaccess professionalmemberships',
        after: (app) => {
          app.all('/role', requireRole('R0000'))
          app.all('/me', requireLogin(), (req, res) => void res.json(req.cis2.user))
        },
      })
      const { app, browser } = observed
      await logIn({ app, browser })
      const seen = (await browser.get(`${app.baseUrl}/me`)).text.toLowerCase()
      expect(claims.filter((claim) => !seen.includes(claim.toLowerCase()))).toEqual([])
      await browser.get(`${app.baseUrl}/role`)
      await browser.post(`${app.baseUrl}/cis2/role`, { roleId: '555000001001' })
      await browser.post(`${app.baseUrl}/cis2/role`, { roleId: 'nobody’s 555000001001' })
      simulator.setFault('idTokenClaims', { auth_time: 1 }, { times: 1 })
      await logIn({ app, browser }, 'nurse', '/cis2/login?reauthenticate=true')
      simulator.setFault('userInfo', { sub: '555000000000' }, { times: 1 })
      await logIn({ app, browser }, 'nurse', '/cis2/login?reauthenticate=true')
      await browser.post(`${app.baseUrl}/cis2/logout`, {})
      expect(new Set(app.events.map(({ name }) => name))).toEqual(
        new Set([
          'login.started',
          'login.succeeded',
          'login.failed',
          'access.denied',
          'role.selected',
          'logout.succeeded',
        ]),
      )
      const told = inspect([app.events, observed.errors], { depth: 10, showHidden: true }).toLowerCase()
      expect(claims.filter((claim) => told.includes(claim.toLowerCase()))).toEqual([])
    }
  })

  it('of a request and its session, when an application prints them', async () => {
    const printed: string[] = []
    const observed = await observe({
      after: (app) => {
        app.get('/print', requireLogin(), (req, res) => {
          printed.push(inspect(req.cis2, { depth: 10, showHidden: true, maxStringLength: null }))
          for (const value of [req.cis2, req.session, req.user]) {
            printed.push(JSON.stringify(value))
            printed.push(inspect(value, { depth: 10, maxStringLength: null }))
          }
          res.send('printed')
        })
      },
    })
    const { app, browser, visit } = observed
    const tokens = watchTokens()
    await visit(
      await choosePerson(browser, (await visit(`${app.baseUrl}/cis2/login`)).location ?? '', 'nurse'),
    )
    observed.pages.push({ ...(await visit(`${app.baseUrl}/print`)), text: printed.join('\n') })
    expect(printed).toHaveLength(7)
    collectCanaries(observed, tokens.answer)
    expectNothingLeaked(observed)
  })

  it('of the object that createCis2 returns', async () => {
    const observed = await observe()
    collectCanaries(observed, undefined)
    expectNothingLeaked(observed)
  })

  it('of the debug output of the libraries below, which is off', async () => {
    const { app } = await observe()
    expect(process.env['DEBUG']).toBeUndefined()
    expect((await logIn({ app, browser: new Browser() })).headers['x-powered-by']).toBeUndefined()
  })
})

describe('what CIS2 says about an error', () => {
  const hostile = [
    ['HTML', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['line breaks', 'first\r\nlogin.succeeded sub=555\u2028third'],
    ['bidirectional marks', 'abc\u202edef\u2066ghi'],
    ['10 kB', 'long words '.repeat(930)],
  ] as const

  it.each(hostile)(
    'never reaches the page from the token endpoint and is one line in the message: %s',
    async (_what, text) => {
      for (const errors of ['respond', 'next'] as const) {
        const observed = await observe({ errors })
        simulator.setFault('token.error', { error: 'invalid_grant', error_description: text })
        await observed.visit(await comeBack(observed))
        expectTame(observed, text)
      }
    },
  )

  it.each(hostile)(
    'never reaches the page from the authorization response and is one line in the message: %s',
    async (_what, text) => {
      for (const errors of ['respond', 'next'] as const) {
        const observed = await observe({ errors })
        const callback = new URL(await comeBack(observed))
        callback.searchParams.delete('code')
        callback.searchParams.set('error', 'server_error')
        callback.searchParams.set('error_description', text)
        const page = await observed.visit(callback.href)
        expect(page.status).toBeGreaterThanOrEqual(400)
        expectTame(observed, text)
      }
    },
  )

  function expectTame({ app, pages, errors }: Observed, text: string): void {
    for (const page of pages) {
      expect(page.text).not.toContain(text.slice(0, 60))
      expect(page.text).not.toMatch(/<script|onerror|[\u2028\u202e\u2066]/)
      expect(page.text.length).toBeLessThan(10_000)
    }
    const messages = errors.map((error) => (error instanceof Error ? error.message : ''))
    for (const message of messages) {
      expect(message).toMatch(/^ERR_CIS2_[A-Z_]+: /)
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(message.length).toBeLessThan(800)
    }
    expect(JSON.stringify(app.events)).not.toContain(text.slice(0, 20))
  }
})

describe('a failure', () => {
  it('has the same reference and code on the page and in the event, and private headers', async () => {
    const { app, browser } = await observe()
    simulator.setFault('token.error', 'invalid_grant')
    const page = await browser.get(await comeBack({ app, browser }))
    const event = app.events.find(({ name }) => name === 'login.failed')
    expect(event?.reference).toMatch(/\S{6,}/)
    expect(page.text).toContain(`<strong>${event?.reference}</strong>`)
    expect(page.text).toContain('ERR_CIS2_CODE_REFUSED')
    expect(page.headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
    expect(page.text).not.toMatch(/(?:src|href)="?https?:|@import|url\(/)
  })

  it('has the same reference on the error that the application gets', async () => {
    const { app, browser, errors } = await observe({ errors: 'next' })
    simulator.setFault('token.error', 'invalid_grant')
    await browser.get(await comeBack({ app, browser }))
    const event = app.events.find(({ name }) => name === 'login.failed')
    expect(errors).toMatchObject([{ code: 'ERR_CIS2_CODE_REFUSED', reference: event?.reference }])
  })

  it('is JSON with the code for whoever asks for JSON', async () => {
    const { app, browser } = await observe()
    simulator.setFault('token.error', 'invalid_grant')
    const callback = await comeBack({ app, browser })
    const json = {
      accept: 'application/json',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
      'sec-fetch-site': 'same-origin',
    }
    const page = await browser.get(callback, json)
    expect(page.headers['content-type']).toMatch(/^application\/problem\+json/)
    const problem: unknown = JSON.parse(page.text)
    const event = app.events.find(({ name }) => name === 'login.failed')
    expect(problem).toMatchObject({ status: 400, code: 'ERR_CIS2_CODE_REFUSED', reference: event?.reference })
    expect(Object.keys(problem as object).sort()).toEqual([
      'code',
      'detail',
      'reference',
      'status',
      'title',
      'type',
    ])
  })

  it('is one event', async () => {
    const { app, browser } = await observe()
    simulator.setFault('idTokenSignature', 'bit-flipped')
    await browser.get(await comeBack({ app, browser }))
    expect(app.events.filter(({ name }) => name === 'login.failed')).toHaveLength(1)
  })

  it('tells of a long address no more than its beginning', async () => {
    const { app, browser } = await observe()
    app.app.get(/^\/private\//, requireLogin())
    await browser.send('GET', `${app.baseUrl}/private/%0alogin.succeeded/${'x'.repeat(5000)}`, {})
    const [event] = app.events.filter(({ name }) => name === 'access.denied')
    expect(event?.route).toMatch(/^\/private\/%0alogin\.succeeded\/x+$/)
    expect(event?.route).toHaveLength(300)
  })

  it('of an unknown state echoes nothing of the request', async () => {
    const { app, browser } = await observe()
    const page = await browser.get(
      `${app.baseUrl}/cis2/callback?code=canary-code&state=%3Cscript%3Ecanary-state`,
      { 'user-agent': 'canary-agent\t' },
    )
    expect(page.status).toBe(400)
    expect(page.text + JSON.stringify(page.headers) + JSON.stringify(app.events)).not.toContain('canary')
  })
})

describe('an audit listener', () => {
  it('that throws or rejects changes nothing for the person', async () => {
    const { app, browser } = await observe()
    app.cis2.events.on('login.started', () => {
      throw new Error('listener')
    })
    app.cis2.events.on('login.succeeded', () => Promise.reject(new Error('listener')))
    expect((await logIn({ app, browser })).status).toBe(303)
  })

  it('can follow one login by its reference, and tell it from every other', async () => {
    const { app, browser } = await observe()
    await logIn({ app, browser })
    await logIn({ app, browser: new Browser() })
    const [first, second, ...others] = ['login.started', 'login.succeeded'].map((name) =>
      app.events.filter((event) => event.name === name).map(({ reference }) => reference),
    )
    expect(first).toEqual(second)
    expect(new Set(first).size).toBe(2)
    expect(others).toEqual([])
    for (const { time } of app.events) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('hears who logged in, how strongly and when, with the session id only as a hash', async () => {
    const { app, browser } = await observe()
    await logIn({ app, browser })
    const event = app.events.find(({ name }) => name === 'login.succeeded')
    expect(event).toMatchObject({
      outcome: 'success',
      route: 'callback',
      sub: expect.stringMatching(/^\d{12}$/),
      sessionHash: expect.stringMatching(/^[\w-]{43}$/),
      authenticationAssuranceLevel: 3,
      identityAssuranceLevel: 3,
    })
    expect(Math.abs(Date.parse(event?.time ?? '') - Date.now())).toBeLessThan(10_000)
  })
})
