import type { JWTPayload } from 'jose'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { NextFunction, Request, Response } from 'express'
import { comeBack, joinSimulator, startJourney, type Journey } from '../support/login.js'
import {
  accepted,
  judge,
  judgeLogin,
  refused,
  reset,
  setFaults,
  type FaultSet,
} from '../support/judged-login.js'

type Row = readonly [what: string, faults: FaultSet, code: string, status: number]

let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ timeouts: { requestMs: 1500 } })
})
afterAll(() => journey.close())
beforeEach(() => reset(journey))

const invalid = 'ERR_CIS2_TOKEN_RESPONSE_INVALID'
const unavailable = 'ERR_CIS2_TOKEN_UNAVAILABLE'
const missing = 'ERR_CIS2_ID_TOKEN_MISSING'

const bad: readonly Row[] = [
  ['no token_type', { token: { token_type: undefined } }, invalid, 502],
  ['token_type mac', { token: { token_type: 'mac' } }, invalid, 502],
  ['token_type DPoP', { token: { token_type: 'DPoP' } }, invalid, 502],
  ['a number as token_type', { token: { token_type: 1 } }, invalid, 502],
  ['token_type in an array', { token: { token_type: ['Bearer'] } }, invalid, 502],
  ['token_type that begins alike', { token: { token_type: 'Bearer ' } }, invalid, 502],
  ['null as token_type', { token: { token_type: null } }, invalid, 502],
  ['no access token', { token: { access_token: undefined } }, invalid, 502],
  ['an empty access token', { token: { access_token: '' } }, invalid, 502],
  ['a number as access token', { token: { access_token: 7 } }, invalid, 502],
  ['an access token in an array', { token: { access_token: ['a'] } }, invalid, 502],
  ['a line break in the access token', { token: { access_token: 'a\r\nX-Evil: 1' } }, invalid, 502],
  [
    'a letter in the access token that no header may have',
    { token: { access_token: 'caf\u00e9' } },
    invalid,
    502,
  ],
  ['a scope that is no text', { token: { scope: ['openid'] } }, invalid, 502],
  ['no ID token', { token: { id_token: undefined } }, missing, 400],
  ['null as ID token', { token: { id_token: null } }, missing, 400],
  ['a number as ID token', { token: { id_token: 7 } }, missing, 400],
  ['an object as ID token', { token: { id_token: { sub: '1' } } }, missing, 400],
  ['an array', { token: () => [] }, invalid, 502],
  ['null', { token: () => null }, invalid, 502],
  ['text in JSON', { token: () => 'x' }, invalid, 502],
  [
    'invalid_grant with status 200',
    { token: () => ({ error: 'invalid_grant' }) },
    'ERR_CIS2_CODE_REFUSED',
    400,
  ],
  [
    'invalid_client with status 200',
    { token: () => ({ error: 'invalid_client' }) },
    'ERR_CIS2_CLIENT_REFUSED',
    502,
  ],
  ['an error beside good tokens', { token: { error: 'server_error' } }, 'ERR_CIS2_TOKEN_REFUSED', 502],
  ['an error that is no text', { token: () => ({ error: { code: 1 } }) }, 'ERR_CIS2_TOKEN_REFUSED', 502],
  ['no body', { 'token.body': '' }, invalid, 502],
  ['half a body', { 'token.truncate': true }, invalid, 502],
  ['an HTML page', { 'token.html': true }, invalid, 502],
  ['more than a megabyte', { 'token.huge': 2 * 1024 * 1024 }, invalid, 502],
  ['compressed white space', { 'token.gzip': 'bomb' }, unavailable, 503],
  ['status 204', { 'token.status': 204 }, invalid, 502],
  ['status 302', { 'token.redirect': 302 }, invalid, 502],
  ['status 307', { 'token.redirect': 307 }, invalid, 502],
  ['status 308', { 'token.redirect': 308 }, invalid, 502],
  [
    'status 429',
    { 'token.status': { status: 429, headers: { 'Retry-After': '7' } } },
    'ERR_CIS2_TOKEN_RATE_LIMITED',
    503,
  ],
  ['status 500', { 'token.status': 500 }, unavailable, 503],
  ['status 503', { 'token.status': 503 }, unavailable, 503],
  ['a connection cut at once', { 'token.reset': 'at-once' }, unavailable, 503],
  ['a connection cut in the middle', { 'token.reset': 'mid-body' }, unavailable, 503],
  ['silence', { 'token.hang': true }, 'ERR_CIS2_TOKEN_TIMEOUT', 504],
  ['one byte at a time', { 'token.drip': 500 }, 'ERR_CIS2_TOKEN_TIMEOUT', 504],
  ['invalid_client', { 'token.error': 'invalid_client' }, 'ERR_CIS2_CLIENT_REFUSED', 502],
  [
    'invalid_client with 401',
    { 'token.error': { error: 'invalid_client', status: 401 } },
    'ERR_CIS2_CLIENT_REFUSED',
    502,
  ],
  ['invalid_grant', { 'token.error': 'invalid_grant' }, 'ERR_CIS2_CODE_REFUSED', 400],
  ['invalid_request', { 'token.error': 'invalid_request' }, 'ERR_CIS2_TOKEN_REFUSED', 502],
  [
    'an invented error',
    { 'token.error': { error: '<b>', error_description: '<script>' } },
    'ERR_CIS2_TOKEN_REFUSED',
    502,
  ],
]

const good: readonly (readonly [what: string, faults: FaultSet])[] = [
  ['bEARER as token_type', { token: { token_type: 'bEARER' } }],
  ['members nobody knows', { token: { tokenName: 'x', id: 7, nested: { deep: [] } } }],
  ['a member __proto__', { 'token.body': (body) => `{"__proto__":{"isAdmin":true},${body.slice(1)}` }],
  [
    'a member constructor',
    { 'token.body': (body) => `{"constructor":{"prototype":{"isAdmin":true}},${body.slice(1)}` },
  ],
  [
    'members twice, of which the last counts',
    { 'token.body': (body) => `{"token_type":"mac","id_token":"x","access_token":7,${body.slice(1)}` },
  ],
  ['a refresh token', { token: { refresh_token: 'never-used' } }],
  ['a refresh token that is none', { token: { refresh_token: null } }],
  ['a refresh token that is no text', { token: { refresh_token: [7] } }],
  ['null as scope', { token: { scope: null } }],
  ['an answer after half a second', { 'token.delay': 500 }],
]

const lifetimes: readonly (readonly [what: string, faults: FaultSet, isKnown: boolean])[] = [
  ['3600', { token: { expires_in: 3600 } }, true],
  ['3600 as text', { token: { expires_in: '3600' } }, true],
  ['nothing', { token: { expires_in: undefined } }, false],
  ['null', { token: { expires_in: null } }, false],
  ['zero', { token: { expires_in: 0 } }, false],
  ['a negative number', { token: { expires_in: -5 } }, false],
  [
    'a number beyond all numbers',
    { 'token.body': (body) => body.replace(/"expires_in":\d+/, '"expires_in":1e999') },
    false,
  ],
  ['text without a number', { token: { expires_in: 'soon' } }, false],
  ['an object', { token: { expires_in: {} } }, false],
  ['an array', { token: { expires_in: [3600] } }, false],
  ['an empty text', { token: { expires_in: '' } }, false],
  ['more than thirty years', { token: { expires_in: 1e9 } }, false],
]

/** What the operator reads. */
async function messageOf(faults: FaultSet): Promise<string> {
  const messages: string[] = []
  const told = await joinSimulator(journey.simulator, {
    errors: 'next',
    after: (app) =>
      app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
        messages.push(error.message)
        res.sendStatus(502)
      }),
  })
  try {
    await judgeLogin(told, faults)
    expect(messages).toHaveLength(1)
    return messages[0] ?? ''
  } finally {
    await told.close()
  }
}

describe('a token response', () => {
  it.each(bad)('is refused: %s', async (_what, faults, code, status) => {
    expect(await judgeLogin(journey, faults)).toEqual(refused(code, status, 1))
  })

  it.each(good)('is accepted: %s', async (_what, faults) => {
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  it.each(lifetimes)('has a lifetime that is a number or unknown: %s', async (_what, faults, isKnown) => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    setFaults(journey.simulator, faults)
    expect(await judge(journey, browser, await browser.get(address))).toEqual(accepted)
    const me = JSON.parse((await browser.get(`${journey.app.baseUrl}/me`)).text) as {
      tokens: { expiresAt?: unknown }
    }
    expect(typeof me.tokens.expiresAt).toBe(isKnown ? 'number' : 'undefined')
  })

  it('that is lost spends the code: the same address is refused without another request', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    journey.simulator.setFault('token.reset', 'mid-body', { times: 1 })
    const lost = await browser.get(address)
    expect(lost.status).toBe(503)
    expect(lost.text).not.toMatch(/http-equiv|window\.location/i)
    const again = await browser.get(address)
    expect({ status: again.status, requests: journey.simulator.requests.count('token') }).toEqual({
      status: 400,
      requests: 1,
    })
    reset(journey)
    expect((await browser.get(await comeBack({ app: journey.app, browser }))).status).toBe(303)
  })

  it('of 429 passes the wished pause on', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    setFaults(journey.simulator, { 'token.status': { status: 429, headers: { 'Retry-After': '7' } } })
    expect((await browser.get(address)).headers['retry-after']).toBe('7')
  })

  it('that refuses the client is told with the key, and shows nobody what it said', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    const said = { error: 'invalid_client', error_description: 'JWT is <b>not</b> valid' }
    setFaults(journey.simulator, { 'token.error': said })
    const raised = new Promise((resolve) =>
      journey.app.cis2.events.once('client_authentication.refused', resolve),
    )
    const page = await browser.get(address)
    expect(page.text).not.toMatch(/JWT is|invalid_client/)
    await raised
    const told = journey.app.events.filter(({ name }) => name === 'client_authentication.refused')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({
      algorithm: 'RS512',
      reason: 'ERR_CIS2_CLIENT_REFUSED',
      outcome: 'failure',
    })
    expect(JSON.stringify(told)).not.toContain('eyJ')
  })

  it.each([
    [130, /^130 seconds behind this machine's clock$/],
    [-130, /^130 seconds ahead of this machine's clock$/],
    [20, /^$/],
  ])(
    'that refuses the client says how far the clocks are apart, when that is %i seconds',
    async (slow, said) => {
      const date = new Date(Date.now() - slow * 1000).toUTCString()
      const message = await messageOf({ 'token.error': 'invalid_client', 'token.headers': { Date: date } })
      // The header has whole seconds.
      const found = /CIS2's clock is (.*)$/.exec(message)?.[1] ?? ''
      expect(found.replace(/1(?:29|31)/, '130')).toMatch(said)
    },
  )

  it('that is no JSON at all is named as such', async () => {
    expect(await messageOf({ 'token.html': true })).toBe(
      'ERR_CIS2_TOKEN_RESPONSE_INVALID: the token endpoint did not answer with JSON',
    )
  })
})

describe('a token request', () => {
  it('is authenticated by a fresh, short-lived assertion for exactly this endpoint', async () => {
    await judgeLogin(journey)
    await judgeLogin(journey)
    const requests = journey.simulator.requests.filter(({ endpoint }) => endpoint === 'token')
    const assertions = requests.map(({ body }) => body?.client_assertion ?? '')
    const payloads: readonly JWTPayload[] = assertions.map((assertion) => decodeJwt(assertion))
    expect(new Set(payloads.map(({ jti }) => jti)).size).toBe(2)
    for (const { aud, iss, sub, exp = 0, iat = 0 } of payloads) {
      expect(aud).toBe(`${journey.simulator.issuer}/access_token`)
      expect(iss).toBe(journey.simulator.client.clientId)
      expect(sub).toBe(iss)
      expect(exp - iat).toBeLessThanOrEqual(60)
    }
    const published = JSON.parse(
      (await journey.anotherBrowser().get(`${journey.app.baseUrl}/cis2/jwks`)).text,
    ) as {
      keys: { kid: string }[]
    }
    for (const assertion of assertions) {
      const { kid, alg } = decodeProtectedHeader(assertion)
      expect(alg).toBe('RS512')
      expect(published.keys.map((key) => key.kid)).toContain(kid)
    }
  })

  it('carries no secret and no other way of authentication', async () => {
    await judgeLogin(journey)
    const [request] = journey.simulator.requests.filter(({ endpoint }) => endpoint === 'token')
    expect(request?.headers.authorization).toBeUndefined()
    expect(request?.path).not.toContain('?')
    expect(Object.keys(request?.body ?? {}).sort()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'code',
      'code_verifier',
      'grant_type',
      'redirect_uri',
    ])
  })
})
