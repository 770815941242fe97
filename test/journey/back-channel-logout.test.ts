import session from 'express-session'
import type { AppSettings } from '../support/app.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

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
  it('ends the session it names, and says so with 200 and nothing else', async () => {
    await start()
    await logIn(journey)
    const token = await journey.simulator.createLogoutToken()
    const answer = await post(new URLSearchParams({ logout_token: token }).toString())
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await isLoggedIn()).toBe(false)
    expect(lastEvent()).toMatchObject({ name: 'back_channel_logout.received', sessionsEnded: 1 })
  })

  it('with a sid ends only that session, also when it names the person', async () => {
    await start()
    await logIn(journey)
    const second = journey.anotherBrowser()
    await logIn({ app: journey.app, browser: second })
    expect((await journey.simulator.sendLogoutToken()).status).toBe(200)
    expect([await isLoggedIn(), await isLoggedIn(second)]).toEqual([true, false])
  })

  it('with a sub alone ends all sessions of the person, and nobody else’s', async () => {
    await start()
    const browsers = [1, 2, 3].map(() => journey.anotherBrowser())
    for (const browser of browsers) await logIn({ app: journey.app, browser })
    await logIn(journey, 'receptionist')
    const sent = await journey.simulator.sendLogoutToken({ person: 'nurse', claims: { sid: undefined } })
    expect(sent.status).toBe(200)
    expect(await Promise.all(browsers.map(isLoggedIn))).toEqual([false, false, false])
    expect(await isLoggedIn()).toBe(true)
    expect(lastEvent()).toMatchObject({ sessionsEnded: 3 })
  })

  it('is answered with 200 when the session is unknown or gone', async () => {
    await start()
    await logIn(journey)
    expect(
      (await journey.simulator.sendLogoutToken({ claims: { sid: 'nobody’s', sub: '999' } })).status,
    ).toBe(200)
    expect((await journey.simulator.sendLogoutToken()).status).toBe(200)
    expect((await journey.simulator.sendLogoutToken()).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })

  it('works once: a replay does not end a newer session', async () => {
    await start()
    await logIn(journey)
    const token = await journey.simulator.createLogoutToken({ claims: { sid: undefined } })
    const body = new URLSearchParams({ logout_token: token }).toString()
    expect((await post(body)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1001 - (Date.now() % 1000)))
    await logIn(journey)
    expect((await post(body)).status).toBe(200)
    expect(await isLoggedIn()).toBe(true)
  })

  it('of another person for a known sid is refused and ends nothing', async () => {
    await start()
    await logIn(journey)
    const sent = await journey.simulator.sendLogoutToken({ claims: { sub: '555000000002' } })
    expect(sent.status).toBe(400)
    expect(await isLoggedIn()).toBe(true)
    expect(lastEvent()).toMatchObject({ reason: 'ERR_CIS2_LOGOUT_TOKEN_SESSION' })
  })

  it('that comes before the callback has finished ends the login that is being finished', async () => {
    class SlowStore extends session.MemoryStore {
      beforeNextSession: (() => Promise<void>) | undefined
      override set(...[id, data, done]: Parameters<session.MemoryStore['set']>): void {
        const wait = id.startsWith('cis2.') ? undefined : this.beforeNextSession
        if (wait === undefined) return super.set(id, data, done)
        this.beforeNextSession = undefined
        void wait().then(() => super.set(id, data, done))
      }
    }
    const store = new SlowStore()
    await start({ sessionOptions: { store } })
    let status: number | undefined
    store.beforeNextSession = async () => {
      ;({ status } = await journey.simulator.sendLogoutToken())
    }
    const page = await logIn(journey)
    expect(status).toBe(200)
    expect(page.status).toBe(401)
    expect(page.text).toContain('ERR_CIS2_LOGIN_ENDED')
    expect(await isLoggedIn()).toBe(false)
    const sessions = Object.keys(Reflect.get(store, 'sessions') as object)
    expect(sessions.filter((id) => !id.startsWith('cis2.'))).toEqual([])
  })

  it('needs no body parser, cookie or CSRF token, and survives the host’s own parser', async () => {
    const { default: express } = await import('express')
    for (const parser of [
      express.json(),
      express.urlencoded({ extended: true }),
      express.text({ type: '*/*' }),
    ]) {
      await start({ before: (app) => void app.use(parser), sessionOptions: { saveUninitialized: true } })
      await logIn(journey)
      const token = await journey.simulator.createLogoutToken()
      const answer = await post(new URLSearchParams({ logout_token: token }).toString(), {
        cookie: 'connect.sid=s%3Ax.y',
      })
      expect(answer.headers.get('set-cookie')).toBeNull()
      if (parser.name === 'textParser') expect(answer.status).toBe(400)
      else expect([answer.status, await isLoggedIn()]).toEqual([200, false])
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
    ['the ID token of the login', async () => (await tokens()).idToken],
    ['an access token', async () => (await tokens()).accessToken],
    ['nothing', () => Promise.resolve('')],
    ['five parts', () => Promise.resolve('a.b.c.d.e')],
    ['a megabyte', () => Promise.resolve('x'.repeat(1_000_000))],
  ])('is refused: %s', async (_what, make) => {
    await logIn(journey)
    const answer = await post(new URLSearchParams({ logout_token: await make() }).toString())
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'invalid_request' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await isLoggedIn()).toBe(true)
  })

  async function tokens(): Promise<{ idToken: string; accessToken: string }> {
    const { text } = await journey.browser.get(`${journey.app.baseUrl}/me`)
    return (JSON.parse(text) as { tokens: { idToken: string; accessToken: string } }).tokens
  }

  it.each([
    ['twice', (token: string) => post(`logout_token=${token}&logout_token=${token}`)],
    ['as an array', (token: string) => post(`logout_token[]=${token}`)],
    [
      'as JSON',
      (token: string) =>
        post(JSON.stringify({ logout_token: token }), { 'content-type': 'application/json' }),
    ],
    [
      'in the query',
      (token: string) =>
        fetch(`${journey.app.url}/cis2/back-channel-logout?logout_token=${token}`, { method: 'POST' }),
    ],
  ])('is refused %s', async (_what, send) => {
    await logIn(journey)
    const answer = await send(await journey.simulator.createLogoutToken())
    expect(answer.status).toBe(400)
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
