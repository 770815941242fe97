import { jest } from '@jest/globals'
import type { NextFunction, Request, Response } from 'express'
import session from 'express-session'
import type { Cis2Error } from '../../lib/index.js'
import { startApp, type RunningApp } from '../support/app.js'
import { Browser, type Page } from '../support/browser.js'
import { logIn, startJourney, startPublicJourney, type Journey } from '../support/login.js'

const script = {
  accept: '*/*',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'sec-fetch-site': 'same-origin',
}
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  jest.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
})

async function start(...settings: Parameters<typeof startJourney>): Promise<Journey> {
  const journey = await startJourney(...settings)
  closing.push(() => journey.close())
  return journey
}

/** An application alone: CIS2 is not there at all. */
async function startAlone(settings: Parameters<typeof startApp>[0] = {}): Promise<RunningApp> {
  const app = await startApp({ issuer: 'http://127.0.0.1:9/realm', ...settings })
  closing.push(() => app.close())
  return app
}

function logOut({ app, browser }: Journey, headers: Record<string, string> = {}): Promise<Page> {
  return browser.post(`${app.baseUrl}/cis2/logout`, {}, headers)
}

async function isLoggedIn({ app, browser }: Journey): Promise<boolean> {
  return (await browser.get(`${app.baseUrl}/private`)).status === 200
}

function answerWithCode(app: RunningApp): void {
  app.app.use((error: Cis2Error, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status).json({ code: error.code, reference: error.reference })
  })
}

describe('requireLogin', () => {
  it('sends a page navigation to log in and back', async () => {
    const app = await startAlone()
    const page = await new Browser().get(`${app.url}/private?a=b%20c`)
    expect(page.headers.location).toBe('/cis2/login?returnTo=%2Fprivate%3Fa%3Db%2520c')
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      vary: expect.stringContaining('Cookie') as string,
    })
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 302, cookies: [] })
  })

  it.each<readonly [string, Record<string, string>]>([
    ['a fetch', script],
    ['an image', { accept: 'image/avif,*/*', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['an XMLHttpRequest', { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }],
    ['a program that takes anything', { accept: '*/*' }],
    ['a program that says nothing', {}],
  ])('answers %s with 401, no redirect and no cookie', async (_, headers) => {
    const app = await startAlone()
    const page = await new Browser().send('GET', `${app.url}/private`, headers)
    expect({ status: page.status, location: page.location, cookies: page.cookies }).toEqual({
      status: 401,
      location: undefined,
      cookies: [],
    })
    expect(page.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(page.text)).toMatchObject({
      status: 401,
      code: 'ERR_CIS2_NOT_LOGGED_IN',
      loginUrl: '/cis2/login?returnTo=%2Fprivate',
    })
  })

  it('answers a form with 401, and leads back to the page it stood on', async () => {
    const app = await startAlone()
    const page = await new Browser().post(`${app.url}/private`, { a: 'b' }, { referer: `${app.url}/form?x` })
    expect(page.status).toBe(401)
    expect(JSON.parse(page.text)).toMatchObject({ loginUrl: '/cis2/login?returnTo=%2Fform%3Fx' })
    const strange = await new Browser().post(
      `${app.url}/private`,
      {},
      { referer: 'https://evil.example/form' },
    )
    expect(JSON.parse(strange.text)).toMatchObject({ loginUrl: '/cis2/login?returnTo=%2F' })
  })

  it('tells the audit stream whom it refused, with the reference of the answer', async () => {
    const app = await startAlone()
    const page = await new Browser().send('GET', `${app.url}/private`, script)
    const { reference } = JSON.parse(page.text) as { reference: string }
    expect(app.events).toEqual([
      expect.objectContaining({
        name: 'access.denied',
        reason: 'ERR_CIS2_NOT_LOGGED_IN',
        reference,
        route: '/private',
      }),
    ])
  })

  it('is an error without the middleware', async () => {
    const app = await startAlone({ mount: () => undefined })
    answerWithCode(app)
    const page = await new Browser().get(`${app.url}/private`)
    expect({ status: page.status, ...(JSON.parse(page.text) as object) }).toEqual({
      status: 500,
      code: 'ERR_CIS2_MIDDLEWARE_MISSING',
    })
  })

  it('is an error without a session', async () => {
    const app = await startAlone({ sessionOptions: false })
    const page = await new Browser().get(`${app.url}/private`)
    expect(page.status).toBe(500)
    expect(page.text).toContain('ERR_CIS2_SESSION_MISSING')
  })

  it('says that the store is gone once it has been there', async () => {
    const store = new session.MemoryStore()
    const app = await startAlone({ sessionOptions: { store } })
    expect((await new Browser().get(`${app.url}/private`)).status).toBe(302)
    store.emit('disconnect')
    const page = await new Browser().get(`${app.url}/private`)
    expect(page.status).toBe(503)
    expect(page.text).toContain('ERR_CIS2_SESSION_UNAVAILABLE')
  })
})

describe('logging out', () => {
  it('ends the session, clears its cookie and shows a page', async () => {
    const journey = await start()
    await logIn(journey)
    const old = journey.browser.cookieHeader(`${journey.app.baseUrl}/`)
    const page = await logOut(journey)
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 303,
      location: '/cis2/logged-out',
    })
    expect(page.cookies.join()).toMatch(/^connect\.sid=;.*Path=\/;.*HttpOnly/)
    expect(page.headers['cache-control']).toBe('no-store')
    const shown = await journey.browser.get(page.location ?? '')
    expect(shown.text).toContain('You have logged out')
    const replayed = await new Browser().send('GET', `${journey.app.baseUrl}/private`, {
      ...script,
      cookie: old,
    })
    expect(replayed.status).toBe(401)
    expect(journey.app.events.at(-2)).toMatchObject({ name: 'logout.succeeded', outcome: 'success' })
  })

  it('clears the cookie with the attributes it was set with', async () => {
    const journey = await startPublicJourney()
    closing.push(() => journey.close())
    await logIn(journey)
    expect((await logOut(journey)).cookies.join()).toMatch(/^connect\.sid=;.*HttpOnly; Secure; SameSite=Lax/)
  })

  it.each<readonly [string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['another site that forges no Origin', { 'sec-fetch-site': 'cross-site', origin: 'own' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['nobody knows where', {}],
  ])('from %s is refused and leaves the session alone', async (_, headers) => {
    const journey = await start()
    await logIn(journey)
    const { app, browser } = journey
    const origin = headers['origin'] === 'own' ? { origin: app.baseUrl } : {}
    const page = await browser.send('POST', `${app.baseUrl}/cis2/logout`, {
      accept: 'text/html',
      ...headers,
      ...origin,
    })
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_CROSS_SITE')
    expect(page.text).toContain('You may still be logged in')
    expect(page.text).toContain('<form method="post" action="/cis2/logout">')
    expect(page.text).not.toContain('/cis2/login')
    expect(app.events.at(-1)).toMatchObject({ name: 'logout.failed', reason: 'ERR_CIS2_CROSS_SITE' })
    expect(await isLoggedIn(journey)).toBe(true)
  })

  it('by Origin alone works where the browser sends no Fetch Metadata', async () => {
    const journey = await start()
    await logIn(journey)
    const { app, browser } = journey
    const page = await browser.send('POST', `${app.baseUrl}/cis2/logout`, {
      accept: 'text/html',
      origin: app.baseUrl,
    })
    expect(page.status).toBe(303)
    expect(await isLoggedIn(journey)).toBe(false)
  })

  it('by a script is answered with JSON', async () => {
    const journey = await start()
    await logIn(journey)
    const page = await journey.browser.send('POST', `${journey.app.baseUrl}/cis2/logout`, script)
    expect({ status: page.status, body: JSON.parse(page.text) as unknown }).toEqual({
      status: 200,
      body: { loggedOut: true, redirectTo: '/cis2/logged-out' },
    })
  })

  it('twice, or by nobody, is no error', async () => {
    const journey = await start()
    expect((await logOut(journey)).status).toBe(303)
    await logIn(journey)
    expect([(await logOut(journey)).status, (await logOut(journey)).status]).toEqual([303, 303])
    expect(journey.app.events.filter(({ name }) => name === 'logout.succeeded')).toHaveLength(1)
  })

  it('by opening its address shows the form that does it, and changes nothing', async () => {
    const journey = await start()
    await logIn(journey)
    journey.app.events.length = 0
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/logout`)
    expect(page.status).toBe(405)
    expect(page.headers).toMatchObject({
      allow: 'POST',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/form-action 'self'$/),
    })
    expect(page.text).toContain('<h1 class="nhsuk-heading-l">Log out of this service?</h1>')
    expect(page.text).toContain('<form method="post" action="/cis2/logout">')
    expect(page.text).toContain('<a href="/">Go back to the service</a>')
    expect({ is: await isLoggedIn(journey), events: journey.app.events }).toEqual({ is: true, events: [] })
  })

  it('by opening its address may lead on to CIS2 with logout.provider', async () => {
    const journey = await start({ logout: { provider: true } })
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/logout`)
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https: http://")
  })

  it.each<readonly [string, string, Record<string, string>, number]>([
    ['a script', 'GET', script, 405],
    ['an image', 'GET', { accept: 'image/*', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 405],
    [
      'a frame',
      'GET',
      { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      405,
    ],
    ['a look (HEAD)', 'HEAD', { accept: 'text/html' }, 405],
    ['a prefetch', 'GET', { accept: 'text/html', 'sec-purpose': 'prefetch' }, 503],
  ])('by GET stays refused to %s', async (_what, method, headers, status) => {
    const journey = await start()
    await logIn(journey)
    const page = await journey.browser.send(method, `${journey.app.baseUrl}/cis2/logout`, headers)
    expect({ status: page.status, allow: page.headers['allow'] }).toEqual({
      status,
      allow: status === 405 ? 'POST' : undefined,
    })
    expect(page.text).not.toMatch(/Log out of this service|may still be logged in|<strong>/)
    expect(await isLoggedIn(journey)).toBe(true)
  })

  it('says so when the store cannot destroy the session', async () => {
    const store = new session.MemoryStore()
    const journey = await start({ sessionOptions: { store } })
    await logIn(journey)
    const destroy = jest
      .spyOn(store, 'destroy')
      .mockImplementation((_sid, done) => done?.(new Error('store down')))
    const page = await logOut(journey)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
    expect(page.text).toContain('You may still be logged in')
    expect(journey.app.events.at(-1)).toMatchObject({
      name: 'logout.failed',
      reason: 'ERR_CIS2_SESSION_DESTROY',
    })
    destroy.mockRestore()
    expect((await logOut(journey)).status).toBe(303)
    expect(await isLoggedIn(journey)).toBe(false)
  })

  it('says so when the store is gone, to a script and to the error handler too', async () => {
    const store = new session.MemoryStore()
    const journey = await start({ sessionOptions: { store } })
    await logIn(journey)
    store.emit('disconnect')
    const page = await journey.browser.send('POST', `${journey.app.baseUrl}/cis2/logout`, script)
    expect(JSON.parse(page.text)).toMatchObject({
      status: 503,
      title: 'You may still be logged in',
      code: 'ERR_CIS2_SESSION_UNAVAILABLE',
    })
    const app = await startAlone({ errors: 'next' })
    app.app.use((error: Cis2Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(error.status).send(`${error.publicTitle}. ${error.publicMessage}`)
    })
    const handled = await new Browser().post(`${app.url}/cis2/logout`, {}, { 'sec-fetch-site': 'cross-site' })
    expect(handled.text).toMatch(/^You may still be logged in\. We could not log you out\./)
  })

  it('is not said to be done to somebody who is still logged in', async () => {
    const journey = await start()
    await logIn(journey)
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/logged-out`)
    expect({ status: page.status, location: page.headers.location }).toEqual({ status: 303, location: '/' })
    expect(await isLoggedIn(journey)).toBe(true)
  })

  it('leads on to CIS2 with logout.provider, and back to the logged-out page whatever state it brings', async () => {
    const journey = await start({ logout: { provider: true, clearSiteData: true } })
    await logIn(journey)
    const page = await logOut(journey)
    expect([page.status, page.headers['clear-site-data']]).toEqual([303, '"cache"'])
    const url = new URL(page.headers.location ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: journey.simulator.client.clientId,
      post_logout_redirect_uri: `${journey.app.baseUrl}/cis2/logged-out`,
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
    })
    expect(await isLoggedIn(journey)).toBe(false)
    const back = await journey.browser.get(`${journey.app.baseUrl}/cis2/logged-out?state=anything&error=x`)
    expect([back.status, back.text]).toEqual([200, expect.stringContaining('You have logged out')])
    // Nobody is logged in any more: nothing to say at CIS2.
    expect((await logOut(journey)).headers.location).toBe('/cis2/logged-out')
  })

  it('is complete with logout.provider though CIS2 is down', async () => {
    const journey = await start({ logout: { provider: true } })
    await logIn(journey)
    await journey.simulator.close()
    const later = Date.now() + 2 * 3600_000
    const page = await logOut(journey)
    expect(page.status).toBe(303)
    jest.spyOn(Date, 'now').mockReturnValue(later)
    expect((await logOut(journey)).headers.location).toBe('/cis2/logged-out')
    expect(await isLoggedIn(journey)).toBe(false)
    jest.restoreAllMocks()
  })

  it('is complete with logout.provider though CIS2 has no such endpoint', async () => {
    const journey = await start({ logout: { provider: true } })
    journey.simulator.setFault('discovery', { end_session_endpoint: undefined })
    await logIn(journey)
    expect((await logOut(journey)).headers.location).toBe('/cis2/logged-out?cis2=not-reached')
    expect(await isLoggedIn(journey)).toBe(false)
  })

  it('leads to postLogoutPath where there is one', async () => {
    const app = await startAlone({ logout: { postLogoutPath: '/bye?a=b' } })
    const page = await new Browser().get(`${app.url}/cis2/logged-out`)
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 303,
      location: '/bye?a=b',
    })
  })

  it('shows the application’s own page, or the built-in one when that throws', async () => {
    const own = await startAlone({ pages: { loggedOut: ({ loginUrl }) => `own ${loginUrl}` } })
    expect((await new Browser().get(`${own.url}/cis2/logged-out`)).text).toBe('own /cis2/login')
    const broken = await startAlone({
      pages: {
        loggedOut: () => {
          throw new Error('template')
        },
      },
    })
    expect((await new Browser().get(`${broken.url}/cis2/logged-out`)).text).toContain('You have logged out')
    expect(broken.events).toEqual([
      expect.objectContaining({
        name: 'configuration.warning',
        route: 'logged-out',
        option: 'pages.loggedOut',
        reason: 'ERR_CIS2_PAGE',
        message: 'your function threw Error: "template"; the person saw the built-in page',
      }),
    ])
  })
})

describe('Passport style', () => {
  const after: Parameters<typeof startApp>[0]['after'] = (app) => {
    app.get('/passport', (req, res) => {
      res.json({
        sub: req.user?.sub ?? null,
        is: req.isAuthenticated?.() ?? null,
        not: req.isUnauthenticated?.() ?? null,
      })
    })
    app.post('/passport', (req, res, next) => {
      req.logout((error) =>
        error ? next(error) : res.json({ is: req.isAuthenticated(), user: req.user ?? null }),
      )
    })
    app.post(
      '/promise',
      (req, res, next) => void req.logout().then(() => res.json({ is: req.isAuthenticated() }), next),
    )
  }
  const state = async ({ app, browser }: Journey): Promise<unknown> =>
    JSON.parse((await browser.get(`${app.baseUrl}/passport`)).text)

  it('has user, isAuthenticated and logout on the request', async () => {
    const journey = await start({ after })
    const { app, browser } = journey
    expect(await state(journey)).toEqual({ sub: null, is: false, not: true })
    for (const path of ['/passport', '/promise']) {
      await logIn(journey)
      expect(await state(journey)).toMatchObject({ sub: expect.any(String) as string, is: true, not: false })
      const out = await browser.post(`${app.baseUrl}${path}`, {})
      expect(JSON.parse(out.text)).toMatchObject({ is: false })
      expect(await isLoggedIn(journey)).toBe(false)
    }
  })

  it('can be switched off', async () => {
    const journey = await start({ after, passportStyle: false })
    await logIn(journey)
    expect(await state(journey)).toEqual({ sub: null, is: null, not: null })
  })
})

describe('a login', () => {
  const minute = 60_000

  it('ends after 15 idle minutes', async () => {
    const journey = await start()
    await logIn(journey)
    const now = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 14 * minute)
    expect(await isLoggedIn(journey)).toBe(true)
    clock.mockReturnValue(now + 28 * minute)
    expect(await isLoggedIn(journey)).toBe(true)
    clock.mockReturnValue(now + 44 * minute)
    expect(await isLoggedIn(journey)).toBe(false)
    expect(journey.app.events.find(({ name }) => name === 'session.expired')).toBeDefined()
    clock.mockReturnValue(now + 29 * minute)
    expect(await isLoggedIn(journey)).toBe(false)
  })

  it('ends after the absolute time, however busy', async () => {
    const journey = await start({ session: { absoluteTimeoutHours: 1 } })
    await logIn(journey)
    const now = Date.now()
    const clock = jest.spyOn(Date, 'now')
    const seen = []
    for (let minutes = 10; minutes <= 60; minutes += 10) {
      clock.mockReturnValue(now + minutes * minute + 1000)
      seen.push(await isLoggedIn(journey))
    }
    expect(seen).toEqual([true, true, true, true, true, false])
  })
})

describe('a failure', () => {
  const bad = '/cis2/callback'

  it('goes to the error handler with errors: next', async () => {
    const app = await startAlone({ errors: 'next' })
    answerWithCode(app)
    const page = await new Browser().get(`${app.url}${bad}`)
    expect({ status: page.status, body: JSON.parse(page.text) as unknown }).toEqual({
      status: 400,
      body: { code: 'ERR_CIS2_STATE_MISSING', reference: app.events.at(-1)?.reference },
    })
  })

  it('is shown on the application’s own page', async () => {
    const app = await startAlone({ pages: { error: (context) => Promise.resolve(JSON.stringify(context)) } })
    const page = await new Browser().get(`${app.url}${bad}`)
    expect(page.status).toBe(400)
    expect(Object.keys(JSON.parse(page.text) as object).sort()).toEqual([
      'code',
      'links',
      'loginUrl',
      'message',
      'reference',
      'status',
      'title',
    ])
  })

  it.each<readonly [string, () => string]>([
    [
      'throws',
      () => {
        throw new Error('template canary')
      },
    ],
    ['returns something else', () => 5 as unknown as string],
  ])('is shown on the built-in page when the own one %s', async (_, error) => {
    const app = await startAlone({ pages: { error } })
    const page = await new Browser().get(`${app.url}${bad}`)
    expect(page.status).toBe(400)
    expect(page.text).toContain('ERR_CIS2_STATE_MISSING')
    expect(page.text).not.toContain('canary')
    expect(page.headers['content-security-policy']).toBeDefined()
    const [failure, warning] = app.events
    expect(failure).toMatchObject({ name: 'login.failed', reason: 'ERR_CIS2_STATE_MISSING' })
    expect(page.text).toContain(failure?.reference)
    expect(warning).toMatchObject({
      name: 'configuration.warning',
      reference: failure?.reference,
      route: 'callback',
      reason: 'ERR_CIS2_PAGE',
      option: 'pages.error',
    })
  })

  it('of an XMLHttpRequest is told as JSON, whatever it accepts', async () => {
    const app = await startAlone()
    const headers = { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }
    const page = await new Browser().send('GET', `${app.url}${bad}`, headers)
    expect(page.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  it('at a guard makes a broken page heard with its reference', async () => {
    const app = await startAlone({
      sessionOptions: false,
      pages: { error: () => Promise.reject(new Error()) },
    })
    const page = await new Browser().get(`${app.url}/private`)
    expect(page.text).toContain('ERR_CIS2_SESSION_MISSING')
    const [denied, warning] = app.events
    expect(denied).toMatchObject({ name: 'access.denied', reason: 'ERR_CIS2_SESSION_MISSING' })
    expect(warning).toMatchObject({
      reason: 'ERR_CIS2_PAGE',
      reference: denied?.reference,
      route: '/private',
    })
  })
})
