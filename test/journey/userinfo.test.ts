import { comeBack, startJourney, type Journey } from '../support/login.js'
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

const subject = 'ERR_CIS2_USERINFO_SUBJECT'
const invalid = 'ERR_CIS2_USERINFO_RESPONSE_INVALID'
const unavailable = 'ERR_CIS2_USERINFO_UNAVAILABLE'
const timeout = 'ERR_CIS2_USERINFO_TIMEOUT'

const bad: readonly Row[] = [
  ['no sub', { userInfo: { sub: undefined } }, subject, 400],
  ['an empty sub', { userInfo: { sub: '' } }, subject, 400],
  ['null as sub', { userInfo: { sub: null } }, subject, 400],
  ['sub in an array', { userInfo: (good) => ({ ...good, sub: [good.sub] }) }, subject, 400],
  ['sub as a number', { userInfo: (good) => ({ ...good, sub: Number(good.sub) }) }, subject, 400],
  ['the sub of somebody else', { userInfo: { sub: '555000000002' } }, subject, 400],
  ['true as sub', { userInfo: { sub: true } }, subject, 400],
  ['an object as sub', { userInfo: (good) => ({ ...good, sub: { [String(good.sub)]: 1 } }) }, subject, 400],
  ['a blank after sub', { userInfo: (good) => ({ ...good, sub: `${String(good.sub)} ` }) }, subject, 400],
  [
    'sub twice, the last of somebody else',
    { 'userInfo.body': (body) => `${body.slice(0, -1)},"sub":"555000000002"}` },
    subject,
    400,
  ],
  [
    'the sub on the prototype',
    {
      userInfo: { sub: undefined },
      'userInfo.body': (body) => `{"__proto__":{"sub":"555000000001"},${body.slice(1)}`,
    },
    subject,
    400,
  ],
  ['a byte order mark', { 'userInfo.body': (body) => `\ufeff${body}` }, invalid, 502],
  ['two objects', { 'userInfo.body': (body) => body + body }, invalid, 502],
  [
    'claims nested a hundred thousand deep',
    { 'userInfo.body': (body) => `{"deep":${'['.repeat(1e5)}${']'.repeat(1e5)},${body.slice(1)}` },
    'ERR_CIS2_USER_INVALID',
    502,
  ],
  ['an array', { userInfo: () => [] }, invalid, 502],
  ['an array with the person in it', { userInfo: (good) => [good] }, invalid, 502],
  ['null', { userInfo: () => null }, invalid, 502],
  ['text in JSON', { userInfo: () => 'x' }, invalid, 502],
  ['no body', { 'userInfo.body': '' }, invalid, 502],
  ['half a body', { 'userInfo.truncate': true }, invalid, 502],
  ['an HTML page', { 'userInfo.html': true }, invalid, 502],
  ['JSON that says it is HTML', { 'userInfo.headers': { 'Content-Type': 'text/html' } }, invalid, 502],
  ['JSON that says it is a JWT', { 'userInfo.headers': { 'Content-Type': 'application/jwt' } }, invalid, 502],
  ['JSON that says nothing', { 'userInfo.headers': { 'Content-Type': undefined } }, invalid, 502],
  ['ten megabytes', { 'userInfo.huge': 10 * 1024 * 1024 }, invalid, 502],
  ['an endless body', { 'userInfo.huge': Infinity }, invalid, 502],
  ['compressed white space', { 'userInfo.gzip': 'bomb' }, unavailable, 503],
  ['status 204', { 'userInfo.status': 204 }, invalid, 502],
  ['status 404', { 'userInfo.status': 404 }, invalid, 502],
  ['a redirect', { 'userInfo.redirect': 302 }, invalid, 502],
  ['a redirect that keeps the method', { 'userInfo.redirect': 307 }, invalid, 502],
  ['status 401', { 'userInfo.status': 401 }, 'ERR_CIS2_USERINFO_REFUSED', 502],
  ['status 403', { 'userInfo.status': 403 }, 'ERR_CIS2_USERINFO_REFUSED', 502],
  ['status 429', { 'userInfo.status': 429 }, 'ERR_CIS2_USERINFO_RATE_LIMITED', 503],
  ['status 500', { 'userInfo.status': 500 }, unavailable, 503],
  ['a connection cut in the middle', { 'userInfo.reset': 'mid-body' }, unavailable, 503],
  ['silence', { 'userInfo.hang': true }, timeout, 504],
  ['one byte at a time', { 'userInfo.drip': 500 }, timeout, 504],
  ['more roles than a person can have', { roleCount: 1001 }, 'ERR_CIS2_USER_INVALID', 502],
  ['ten thousand roles', { roleCount: 10_000 }, invalid, 502],
]

const good: readonly (readonly [what: string, faults: FaultSet])[] = [
  ['a charset', { 'userInfo.headers': { 'Content-Type': 'application/json; charset=utf-8' } }],
  [
    'sources elsewhere, which are never asked',
    {
      userInfo: (good) => ({ ...good, ...sourcesElsewhere() }),
      idTokenClaims: (good) => ({ ...good, ...sourcesElsewhere() }),
    },
  ],
  [
    'its sub twice, of which the last counts',
    { 'userInfo.body': (body) => `{"sub":"555000000002",${body.slice(1)}` },
  ],
  [
    'times and protocol claims of its own',
    { userInfo: { iss: 'https://evil.test', aud: 'another', exp: 1, nbf: 9e9, iat: 'x', nonce: 'x' } },
  ],
  ['claims of null', { userInfo: { name: null, email: null, nhsid_nrbac_roles: null } }],
  ['roles that are none', { userInfo: { nhsid_nrbac_roles: [null, 7, 'x', [], {}] } }],
]

/** Aggregated and distributed claims (OpenID Connect Core 1.0, 5.6.2), at an address that counts its visitors. */
function sourcesElsewhere(): Record<string, unknown> {
  const endpoint = `${journey.simulator.url}/elsewhere`
  return {
    _claim_names: { email: 'src1', phone_number: 'src2' },
    _claim_sources: { src1: { endpoint, access_token: 'x' }, src2: { JWT: 'eyJ.eyJ.x' }, src3: endpoint },
  }
}

interface Me {
  user: Record<string, unknown>
  session: Record<string, unknown>
}

describe('UserInfo', () => {
  it.each(bad)('is refused: %s', async (_what, faults, code, status) => {
    expect(await judgeLogin(journey, faults)).toEqual(refused(code, status, 1, 1))
  })

  it.each(good)('is accepted: %s', async (_what, faults) => {
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
  })

  it('cannot overrule what the ID token says', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    const overruling = {
      acr: 'AAL9',
      auth_time: 1,
      authentication_assurance_level: '9',
      id_assurance_level: '9',
      exp: 1,
      sid: 'x',
    }
    setFaults(journey.simulator, { userInfo: overruling })
    expect(await judge(journey, browser, await browser.get(address))).toEqual(accepted)
    const { user } = JSON.parse((await browser.get(`${journey.app.baseUrl}/me`)).text) as Me
    expect(user).toMatchObject({ authenticationAssuranceLevel: 3, identityAssuranceLevel: 3 })
    expect(user.acr).not.toBe('AAL9')
    expect(user.authTime).toBeGreaterThan(1)
  })

  it('cannot reach the prototype of anything', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    const planted = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},'
    setFaults(journey.simulator, { 'userInfo.body': (body) => planted + body.slice(1) })
    expect(await judge(journey, browser, await browser.get(address))).toEqual(accepted)
    const { user } = JSON.parse((await browser.get(`${journey.app.baseUrl}/me`)).text) as Me
    expect(user.isAdmin).toBeUndefined()
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  it('is asked with the access token in its header and nowhere else', async () => {
    await judgeLogin(journey)
    const [request] = journey.simulator.requests.filter(({ endpoint }) => endpoint === 'userInfo')
    expect(request).toMatchObject({
      method: 'GET',
      headers: { authorization: expect.stringMatching(/^Bearer \S+$/) },
    })
    expect(request?.path).not.toContain('?')
    expect(request?.body).toBeUndefined()
  })

  it('with sixty roles makes no cookie longer', async () => {
    const browser = journey.anotherBrowser()
    const page = await browser.get(await comeBack({ app: journey.app, browser }, 'very-long-role-list'))
    expect(page.status).toBe(303)
    for (const cookie of page.cookies) expect(cookie.length).toBeLessThan(600)
  })
})

describe('without UserInfo', () => {
  it('a login succeeds and never asks for it', async () => {
    const without = await startJourney({ userInfo: false })
    try {
      expect(await judgeLogin(without)).toEqual({ ...accepted, userInfoRequests: 0 })
    } finally {
      await without.close()
    }
  })

  it('a login fails when the metadata does not say where it is', async () => {
    const without = await startJourney()
    try {
      without.simulator.setFault('discovery', { userinfo_endpoint: undefined })
      expect(await judgeLogin(without)).toEqual(refused('ERR_CIS2_USERINFO_MISSING', 502, 1))
    } finally {
      await without.close()
    }
  })
})
