import type { RequestHandler } from 'express'
import session from 'express-session'
import type { AppSettings } from '../support/app.js'
import { joinSimulator, logIn, startJourney, type Journey } from '../support/login.js'

let journey: Journey
afterEach(() => journey.close())

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await startJourney(settings)
}

async function isLoggedIn(browser = journey.browser): Promise<boolean> {
  return (await browser.get(`${journey.app.baseUrl}/private`)).status === 200
}

function lastEvent(): unknown {
  return journey.app.events.findLast(({ name }) => name.startsWith('back_channel_logout'))
}

async function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${journey.app.url}/cis2/back-channel-logout`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

describe('a logout token', () => {
  it('needs no body parser, cookie or CSRF token, and survives the host’s own parser', async () => {
    const { default: express } = await import('express')
    // As those do that check signatures of bodies.
    const reader: RequestHandler = (req, _res, next) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        req.body = Buffer.concat(chunks)
        next()
      })
    }
    for (const parser of [
      express.json(),
      express.urlencoded({ extended: true }),
      express.text({ type: '*/*' }),
      express.raw({ type: '*/*' }),
      reader,
    ]) {
      await start({ before: (app) => void app.use(parser), sessionOptions: { saveUninitialized: true } })
      await logIn(journey)
      const token = await journey.simulator.createLogoutToken()
      const answer = await post(new URLSearchParams({ logout_token: token }).toString(), {
        cookie: 'connect.sid=s%3Ax.y',
      })
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect([answer.status, await isLoggedIn()]).toEqual([200, false])
      await journey.close()
    }
    await start()
  })
})

describe('a token that is not right', () => {
  beforeEach(() => start())

  const event = 'http://schemas.openid.net/event/backchannel-logout'
  const claims: readonly [string, Record<string, unknown>, string][] = [
    ['another issuer', { iss: 'https://evil.example' }, 'ISSUER'],
    ['no issuer', { iss: undefined }, 'ISSUER'],
    ['another audience', { aud: 'somebody-else' }, 'AUDIENCE'],
    ['an audience with a stranger', { aud: ['999999999999.apps.national', 'x'] }, 'AUDIENCE'],
    ['no audience', { aud: undefined }, 'AUDIENCE'],
    ['no events', { events: undefined }, 'EVENTS'],
    ['events as text', { events: event }, 'EVENTS'],
    ['events as a list', { events: [event] }, 'EVENTS'],
    ['another event', { events: { other: {} } }, 'EVENTS'],
    ['an event that is null', { events: { [event]: null } }, 'EVENTS'],
    ['an event that is text', { events: { [event]: 'yes' } }, 'EVENTS'],
    ['a nonce', { nonce: 'x' }, 'NONCE'],
    ['an empty nonce', { nonce: '' }, 'NONCE'],
    ['a nonce that is null', { nonce: null }, 'NONCE'],
    ['no jti', { jti: undefined }, 'JTI'],
    ['a jti that is a number', { jti: 7 }, 'JTI'],
    ['neither sid nor sub', { sid: undefined, sub: undefined }, 'SUBJECT'],
    ['a sid that is a number', { sid: 7 }, 'SUBJECT'],
    ['no iat', { iat: undefined }, 'ISSUED_AT'],
    ['an iat that is text', { iat: '1' }, 'ISSUED_AT'],
    ['an iat of long ago', { iat: Math.floor(Date.now() / 1000) - 400 }, 'ISSUED_AT'],
    ['an iat in the future', { iat: Math.floor(Date.now() / 1000) + 120 }, 'ISSUED_AT'],
    ['an exp that has passed', { exp: Math.floor(Date.now() / 1000) - 60 }, 'EXPIRED'],
    ['an exp that is text', { exp: 'never' }, 'EXPIRED'],
  ]
  it.each(claims)('with %s is refused, and no session is touched', async (_what, changes, code) => {
    await logIn(journey)
    expect((await journey.simulator.sendLogoutToken({ claims: changes })).status).toBe(400)
    expect(await isLoggedIn()).toBe(true)
    expect(lastEvent()).toMatchObject({
      name: 'back_channel_logout.refused',
      reason: `ERR_CIS2_LOGOUT_TOKEN_${code}`,
    })
  })

  it.each([
    ['an audience as a list of one', { aud: ['999999999999.apps.national'] }],
    ['an exp in the future', { exp: Math.floor(Date.now() / 1000) + 60 }],
    ['an unknown claim', { unknown: { a: 1 } }],
    ['another event beside', { events: { [event]: {}, other: {} } }],
  ])('is right with %s', async (_what, changes) => {
    await logIn(journey)
    expect((await journey.simulator.sendLogoutToken({ claims: changes })).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })

  it.each([
    ['the ID token of the login', async () => (await tokens()).idToken, /^`events` does not say/],
    ['an access token', async () => (await tokens()).accessToken, /not three base64url parts/],
    ['nothing', () => Promise.resolve(''), /^the form does not have logout_token once$/],
    ['five parts', () => Promise.resolve('a.b.c.d.e'), /encrypted/],
  ])('is refused: %s', async (_what, make, says) => {
    await logIn(journey)
    const answer = await post(new URLSearchParams({ logout_token: await make() }).toString())
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'invalid_request' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(lastEvent()).toMatchObject({ message: expect.stringMatching(says) })
    expect(await isLoggedIn()).toBe(true)
  })

  it('is refused unread with a body of more than 64 KiB', async () => {
    await logIn(journey)
    const answer = await post(new URLSearchParams({ logout_token: 'x'.repeat(65_536) }).toString())
    expect([answer.status, await answer.json()]).toEqual([413, { error: 'invalid_request' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await isLoggedIn()).toBe(true)
    expect(lastEvent()).toMatchObject({
      name: 'back_channel_logout.refused',
      reason: 'ERR_CIS2_BODY_TOO_LARGE',
    })
  })

  async function tokens(): Promise<{ idToken: string; accessToken: string }> {
    const { text } = await journey.browser.get(`${journey.app.baseUrl}/me`)
    return (JSON.parse(text) as { tokens: { idToken: string; accessToken: string } }).tokens
  }

  const once = 'the form does not have logout_token once'
  const form = 'the body is not application/x-www-form-urlencoded'
  const type = 'application/x-www-form-urlencoded'
  it.each([
    ['twice', once, (token: string) => post(`logout_token=${token}&logout_token=${token}`)],
    ['as an array', once, (token: string) => post(`logout_token[]=${token}`)],
    [
      'as JSON',
      form,
      (token: string) =>
        post(JSON.stringify({ logout_token: token }), { 'content-type': 'application/json' }),
    ],
    [
      'in an unknown character set',
      'the posted body cannot be read as a form',
      (token: string) => post(`logout_token=${token}`, { 'content-type': `${type}; charset=none` }),
    ],
    [
      'in the query',
      form,
      (token: string) =>
        fetch(`${journey.app.url}/cis2/back-channel-logout?logout_token=${token}`, { method: 'POST' }),
    ],
  ])('is refused %s', async (_what, message, send) => {
    await logIn(journey)
    const answer = await send(await journey.simulator.createLogoutToken())
    expect(answer.status).toBe(400)
    expect(lastEvent()).toMatchObject({ message })
    expect(await isLoggedIn()).toBe(true)
  })

  it.each(['GET', 'PUT', 'DELETE'])('is not taken by %s', async (method) => {
    const answer = await fetch(`${journey.app.url}/cis2/back-channel-logout`, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('the route', () => {
  it('answers 503 when the store is down, and works when CIS2 tries again', async () => {
    class FailingStore extends session.MemoryStore {
      isDown = false
      override get(...[id, done]: Parameters<session.MemoryStore['get']>): void {
        if (this.isDown) done(new Error('store down'))
        else super.get(id, done)
      }
    }
    const store = new FailingStore()
    await start({ sessionOptions: { store } })
    await logIn(journey)
    const token = await journey.simulator.createLogoutToken()
    const body = new URLSearchParams({ logout_token: token }).toString()
    store.isDown = true
    const down = await post(body)
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5'])
    store.isDown = false
    expect(await isLoggedIn()).toBe(true)
    expect((await post(body)).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })

  it('answers 503 where it has no session store to look into', async () => {
    await start()
    await logIn(journey)
    const body = new URLSearchParams({ logout_token: await journey.simulator.createLogoutToken() })
    const { app } = await joinSimulator(journey.simulator, { sessionOptions: false })
    const answer = await fetch(`${app.url}/cis2/back-channel-logout`, { method: 'POST', body })
    await app.close()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(app.events.at(-1)).toMatchObject({
      reason: 'ERR_CIS2_SESSION_UNAVAILABLE',
      message: expect.stringContaining('mount the back-channel route after express-session'),
    })
  })

  it('is closed when backChannelLogout is off', async () => {
    await start({ backChannelLogout: false })
    expect((await post('logout_token=x')).status).toBe(404)
  })

  it('works alone, wherever it is mounted', async () => {
    const store = new session.MemoryStore()
    await start({
      sessionOptions: { store },
      store,
      after: (app, cis2) => void app.use('/hooks/logout', cis2.backChannelLogout()),
    })
    await logIn(journey)
    const token = await journey.simulator.createLogoutToken()
    const answer = await fetch(`${journey.app.url}/hooks/logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    })
    expect([answer.status, await isLoggedIn()]).toEqual([200, false])
  })
})

describe("CIS2's clock", () => {
  it.each([-9, 9])('may differ from ours by %s seconds', async (seconds) => {
    await start()
    journey.simulator.setFault('clock', seconds)
    await logIn(journey)
    expect((await journey.simulator.sendLogoutToken()).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
    await logIn(journey)
    expect((await journey.simulator.sendLogoutToken({ claims: { sid: undefined } })).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })
})
