import { request } from 'node:http'
import express from 'express'
import session from 'express-session'
import { requireLogin } from '../../lib/index.js'
import type { AppSettings } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { testKeys } from '../support/keys.js'
import {
  comeBack,
  logIn,
  publicApp,
  startJourney,
  startPublicJourney,
  type Journey,
} from '../support/login.js'

let journey: Journey
afterEach(() => journey.close())

async function startLogin(query = '', headers: Record<string, string> = {}): Promise<URL> {
  const { location, status, text } = await journey.browser.get(
    `${journey.app.baseUrl}/cis2/login${query}`,
    headers,
  )
  if (location === undefined) throw new Error(`no redirect: ${status} ${text}`)
  return new URL(location)
}

/** Sends a request line that no URL parser has tidied. */
function getRaw(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    const sent = { accept: 'text/html', ...headers }
    request({ host: '127.0.0.1', port: new URL(url).port, path, headers: sent, agent: false }, (incoming) => {
      incoming
        .resume()
        .on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location ?? '' }),
        )
    })
      .on('error', reject)
      .end()
  })
}

describe('the authorization request', () => {
  it('has every parameter that CIS2 needs, once each', async () => {
    journey = await startPublicJourney()
    const { browser, app } = journey
    const page = await browser.get(`${app.baseUrl}/cis2/login`)
    const url = new URL(page.location ?? '')
    expect(page.status).toBe(302)
    expect(page.text).toBe('')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: testKeys.clientId,
      redirect_uri: `${publicApp}/cis2/callback`,
      scope: 'openid profile nationalrbacaccess',
      prompt: 'login',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[A-Za-z0-9_-]{43,128}$/) as string,
      nonce: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/) as string,
      code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
    })
    expect([...url.searchParams.keys()]).toHaveLength(9)
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(page.headers.vary).toMatch(/Cookie/)
  })

  it('keeps an explicit default port of the redirect URI', async () => {
    journey = await startPublicJourney({ redirectUri: `${publicApp}:443/cis2/callback` })
    expect((await startLogin()).searchParams.get('redirect_uri')).toBe(`${publicApp}:443/cis2/callback`)
  })

  it('carries what was configured, encoded', async () => {
    journey = await startPublicJourney({
      acrValues: ['AAL2_ANY', 'AAL3_ANY'],
      maxAgeSeconds: 60,
      responseMode: 'form_post',
      authorizationParams: { login_hint: 'a\r\nSet-Cookie: x=é\0&state=evil' },
    })
    const { searchParams } = await startLogin()
    expect(Object.fromEntries(searchParams)).toMatchObject({
      acr_values: 'AAL2_ANY AAL3_ANY',
      max_age: '60',
      response_mode: 'form_post',
      login_hint: 'a\r\nSet-Cookie: x=é\0&state=evil',
    })
    expect(searchParams.has('prompt')).toBe(false)
    expect(searchParams.getAll('state')).toHaveLength(1)
  })

  it('is unlike every other one, 2,000 times over', async () => {
    journey = await startJourney()
    const { url } = journey.app
    const seen: Record<string, Set<string | null>> = {
      state: new Set(),
      nonce: new Set(),
      code_challenge: new Set(),
    }
    for (let batch = 0; batch < 40; batch++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => getRaw(url, '/cis2/login')))
      for (const { location } of answers)
        for (const [name, values] of Object.entries(seen))
          values.add(new URL(location).searchParams.get(name))
    }
    expect(Object.values(seen).map(({ size }) => size)).toEqual([2000, 2000, 2000])
  }, 60_000)

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-original-url': '/evil' },
    { 'x-forwarded-uri': '/evil' },
    { 'x-forwarded-prefix': '/evil' },
    { 'x-rewrite-url': '/evil' },
  ])('does not listen to %j', async (headers) => {
    journey = await startPublicJourney()
    const page = await journey.browser.get(`${publicApp}/cis2/login?returnTo=/private`, headers)
    expect(new URL(page.location ?? '').searchParams.get('redirect_uri')).toBe(`${publicApp}/cis2/callback`)
    expect(page.location).not.toContain('evil')
    expect(page.cookies.join()).toMatch(/; Secure/)
  })

  it('comes with no cookie that http could carry, though the proxy says that http was used', async () => {
    journey = await startPublicJourney()
    const page = await journey.browser.get(`${publicApp}/cis2/login`, { 'x-forwarded-proto': 'http' })
    expect(page.status).toBe(500)
    expect(page.text).toContain('ERR_CIS2_TRUST_PROXY')
    expect(page.cookies).toEqual([])
    const trusting = await startPublicJourney({ sessionOptions: { cookie: { secure: 'auto' } } })
    try {
      const login = await trusting.browser.get(`${publicApp}/cis2/login`, { 'x-forwarded-proto': 'http' })
      expect(login.status).toBe(302)
      for (const cookie of login.cookies) expect(cookie).toMatch(/^__Host-.*; Secure/)
      expect(new URL(login.location ?? '').searchParams.get('redirect_uri')).toBe(
        `${publicApp}/cis2/callback`,
      )
    } finally {
      await trusting.close()
    }
  })

  it('cannot be overridden or weakened by the query', async () => {
    journey = await startJourney()
    const owned = [
      'client_id',
      'redirect_uri',
      'scope',
      'response_type',
      'state',
      'nonce',
      'request',
      'request_uri',
      'code_challenge',
      'code_challenge_method',
      'response_mode',
      'claims',
      'login_hint',
      'id_token_hint',
      'ui_locales',
    ]
    const weaker = { acr_values: 'AAL1', max_age: '99999', prompt: 'none' }
    const query = new URLSearchParams({
      ...Object.fromEntries(owned.map((name) => [name, 'evil'])),
      ...weaker,
    })
    const { searchParams, href } = await startLogin(`?${query.toString()}`)
    expect(href).not.toMatch(/evil|AAL1/)
    expect({ prompt: searchParams.get('prompt'), maxAge: searchParams.get('max_age') }).toEqual({
      prompt: 'login',
      maxAge: null,
    })
    for (const name of searchParams.keys()) expect(searchParams.getAll(name)).toHaveLength(1)
  })
})

describe('the way back', () => {
  it.each([
    'http://evil.example/private',
    'https://evil.example:8443/private?a=b',
    '//evil.example/%2e%2e',
    '//evil.example',
  ])('from a protected page asked for as %s stays on the site', async (path) => {
    journey = await startJourney({ after: (app) => void app.use(requireLogin()) })
    const { app } = journey
    const refused = await getRaw(app.url, path)
    expect(refused.status).toBe(302)
    expect(new URL(refused.location, app.url).origin).toBe(app.url)
    const done = await logIn(journey, 'nurse', refused.location)
    expect(done.status).toBe(303)
    expect(done.headers.location).toMatch(/^\/(?![/\\])/)
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/%09/evil.example',
    '/cis2/logout',
    '/cis2/login?a',
  ])('given as %s is the default', async (returnTo) => {
    journey = await startJourney({ returnTo: { default: '/home' } })
    const done = await logIn(journey, 'nurse', `/cis2/login?returnTo=${encodeURIComponent(returnTo)}`)
    expect(done.headers.location).toBe('/home')
  })

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-original-url': '/' },
    { 'x-rewrite-url': '/' },
    { 'x-forwarded-uri': '/' },
    { 'x-forwarded-prefix': '//evil.example' },
    { 'x-http-method-override': 'OPTIONS' },
  ])('from a protected page does not depend on %j, nor does the protection', async (headers) => {
    journey = await startPublicJourney()
    const page = await journey.browser.get(`${publicApp}/private?a=b`, headers)
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 302,
      location: `/cis2/login?returnTo=${encodeURIComponent('/private?a=b')}`,
    })
  })

  it('given with brackets, as an object or many times is the default', async () => {
    journey = await startJourney()
    for (const query of ['returnTo[]=/a', 'returnTo[x]=/a', `${'returnTo=/a&'.repeat(1000)}`, 'ReturnTo=/a'])
      expect(
        (await logIn({ ...journey, browser: journey.anotherBrowser() }, 'nurse', `/cis2/login?${query}`))
          .headers.location,
      ).toBe('/')
  })

  it('keeps a fragment that was asked for', async () => {
    journey = await startJourney()
    const returnTo = encodeURIComponent('/private?a=b#part')
    expect((await logIn(journey, 'nurse', `/cis2/login?returnTo=${returnTo}`)).headers.location).toBe(
      '/private?a=b#part',
    )
  })

  it('given twice is the default', async () => {
    journey = await startJourney()
    expect((await logIn(journey, 'nurse', '/cis2/login?returnTo=/a&returnTo=/b')).headers.location).toBe('/')
  })

  it('survives byte for byte', async () => {
    journey = await startJourney()
    const returnTo = '/private?q=a%26b&r=%2520&s=c+d'
    expect(
      (await logIn(journey, 'nurse', `/cis2/login?returnTo=${encodeURIComponent(returnTo)}`)).headers
        .location,
    ).toBe(returnTo)
  })

  it('of an enormous address is the default', async () => {
    journey = await startJourney()
    expect(
      (await logIn(journey, 'nurse', `/cis2/login?returnTo=/${'a'.repeat(10_000)}`)).headers.location,
    ).toBe('/')
  })
})

describe('the cookie of an attempt', () => {
  it.each([`/${'a'.repeat(2047)}`, `/${'"'.repeat(1023)}a`, `/${'"'.repeat(2047)}`])(
    'is none that a browser would drop, however long the way back (%#)',
    async (returnTo) => {
      journey = await startPublicJourney()
      const { cookies } = await journey.browser.get(
        `${publicApp}/cis2/login?returnTo=${encodeURIComponent(returnTo)}`,
      )
      expect(cookies[0]?.split(';')[0]?.length).toBeLessThanOrEqual(4096)
    },
  )

  it('is __Host- on https, for ten minutes, and small', async () => {
    journey = await startPublicJourney()
    const { cookies } = await journey.browser.get(`${publicApp}/cis2/login`)
    expect(cookies).toHaveLength(1)
    const [pair = '', ...attributes] = (cookies[0] ?? '').split('; ')
    expect(pair).toMatch(/^__Host-cis2\.[\w-]{6}\.[\w-]{16}=[\w-]+$/)
    expect(attributes.filter((each) => !each.startsWith('Expires')).sort()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ])
    expect(pair.length).toBeLessThan(1024)
  })

  it('is SameSite=None for form_post only', async () => {
    journey = await startPublicJourney({ responseMode: 'form_post' })
    const { cookies } = await journey.browser.get(`${publicApp}/cis2/login`)
    expect(cookies[0]).toMatch(/; Secure; SameSite=None/)
  })

  it('has neither prefix nor Secure on loopback over http', async () => {
    journey = await startJourney()
    const { cookies } = await journey.browser.get(`${journey.app.baseUrl}/cis2/login`)
    expect(cookies[0]).toMatch(/^cis2\./)
    expect(cookies[0]).not.toMatch(/Secure/)
  })
})

describe('tabs', () => {
  it('finish in any order, each where it wanted to go', async () => {
    journey = await startJourney()
    const backs = []
    for (let tab = 0; tab < 5; tab++)
      backs.push(await comeBack(journey, 'nurse', `/cis2/login?returnTo=/private?tab=${tab}`))
    const landed = []
    for (const tab of [3, 0, 4, 1, 2])
      landed.push((await journey.browser.get(backs[tab] ?? '')).headers.location)
    expect(landed).toEqual([3, 0, 4, 1, 2].map((tab) => `/private?tab=${tab}`))
  })

  it('above 20 push out the oldest, whose callback asks to start again', async () => {
    journey = await startJourney()
    const { app, browser, simulator } = journey
    const oldest = await comeBack(journey)
    for (let tab = 0; tab < 25; tab++) await browser.get(`${app.baseUrl}/cis2/login`)
    const pending = browser.cookies(app.baseUrl).filter(({ name }) => name.startsWith('cis2.'))
    expect(pending.length).toBeLessThanOrEqual(20)
    expect(pending.reduce((sum, { name, value }) => sum + name.length + value.length, 0)).toBeLessThanOrEqual(
      4096,
    )
    const page = await browser.get(oldest)
    expect(page.status).toBe(400)
    expect(page.text).toContain('You need to log in again')
    expect(app.events.at(-1)).toMatchObject({
      name: 'login.failed',
      reason: 'ERR_CIS2_ATTEMPT_COOKIE_MISSING',
    })
    expect(simulator.requests.filter(({ endpoint }) => endpoint === 'token')).toEqual([])
  })

  it('with long addresses stay under 4 KiB, and the newest still works', async () => {
    journey = await startJourney()
    const { app, browser } = journey
    for (let tab = 0; tab < 8; tab++)
      await browser.get(`${app.baseUrl}/cis2/login?returnTo=/private?${'a'.repeat(900)}`)
    const pending = browser.cookies(app.baseUrl).filter(({ name }) => name.startsWith('cis2.'))
    expect(pending.reduce((sum, { name, value }) => sum + name.length + value.length, 0)).toBeLessThanOrEqual(
      4096,
    )
    expect((await logIn(journey)).status).toBe(303)
  })
})

describe('the login route', () => {
  it.each(['HEAD', 'POST', 'PUT', 'DELETE'])('refuses %s', async (method) => {
    journey = await startJourney()
    const page = await journey.browser.send(method, `${journey.app.baseUrl}/cis2/login`, {
      accept: 'text/html',
    })
    expect({
      status: page.status,
      allow: page.headers['allow'],
      cookies: page.cookies,
      location: page.location,
    }).toEqual({
      status: 405,
      allow: 'GET',
      cookies: [],
      location: undefined,
    })
  })

  it('leaves OPTIONS to the application', async () => {
    journey = await startJourney({
      after: (app) => void app.options('/cis2/login', (_req, res) => void res.status(204).end()),
    })
    const page = await journey.browser.send('OPTIONS', `${journey.app.baseUrl}/cis2/login`, {})
    expect({ status: page.status, location: page.location, cookies: page.cookies }).toEqual({
      status: 204,
      location: undefined,
      cookies: [],
    })
  })

  it.each<Record<string, string>>([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
  ])('starts nothing for a prefetch: %j', async (headers) => {
    journey = await startJourney()
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/login`, headers)
    expect({ status: page.status, cookies: page.cookies, cache: page.headers['cache-control'] }).toEqual({
      status: 503,
      cookies: [],
      cache: 'no-store',
    })
    expect(journey.app.events).toEqual([])
  })

  it.each<Record<string, string>>([
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: '*/*' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image', accept: 'image/*' },
    { 'x-requested-with': 'XMLHttpRequest', accept: 'application/json' },
  ])('answers a script with 401: %j', async (headers) => {
    journey = await startJourney()
    const page = await journey.browser.send('GET', `${journey.app.baseUrl}/cis2/login`, headers)
    expect(page.status).toBe(401)
    expect(page.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(page.text)).toMatchObject({
      code: 'ERR_CIS2_LOGIN_NOT_NAVIGATION',
      loginUrl: expect.stringContaining('/cis2/login') as string,
    })
    expect({ cookies: page.cookies, location: page.location }).toEqual({ cookies: [], location: undefined })
  })

  it("starts a login for a program that plays the browser with Node's fetch", async () => {
    journey = await startJourney()
    const answer = await fetch(`${journey.app.baseUrl}/cis2/login`, { redirect: 'manual' })
    expect([answer.status, answer.headers.getSetCookie().length]).toEqual([302, 1])
  })

  it('starts a login for a page that an app opens in its WebView, which names the app', async () => {
    journey = await startJourney()
    const webView = { 'x-requested-with': 'uk.example.ward' }
    const guarded = await journey.browser.get(`${journey.app.baseUrl}/private`, webView)
    expect((await journey.browser.get(guarded.location ?? '', webView)).status).toBe(302)
  })

  it('sends somebody who is logged in straight on', async () => {
    journey = await startJourney()
    await logIn(journey)
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/login?returnTo=/private`)
    expect({ status: page.status, location: page.headers.location, cookies: page.cookies }).toEqual({
      status: 302,
      location: '/private',
      cookies: [],
    })
  })

  it('asks again for reauthenticate=true, and keeps the session until then', async () => {
    journey = await startJourney()
    const { app, browser, simulator } = journey
    await logIn(journey)
    const page = await browser.get(`${app.baseUrl}/cis2/login?reauthenticate=true`)
    expect(page.location).toContain(simulator.url)
    expect((await browser.get(`${app.baseUrl}/private`)).status).toBe(200)
    expect((await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')).status).toBe(303)
  })

  it('sends nobody to CIS2 while the session store is gone', async () => {
    const store = new session.MemoryStore()
    journey = await startJourney({ sessionOptions: { store } })
    const { app, browser } = journey
    expect((await browser.get(`${app.baseUrl}/cis2/login`)).status).toBe(302)
    store.emit('disconnect')
    const page = await journey.anotherBrowser().get(`${app.baseUrl}/cis2/login`)
    expect({ status: page.status, location: page.location, cookies: page.cookies }).toEqual({
      status: 503,
      location: undefined,
      cookies: [],
    })
    expect(page.headers['retry-after']).toMatch(/^\d+$/)
    expect(app.events.at(-1)).toMatchObject({ name: 'login.failed', reason: 'ERR_CIS2_SESSION_UNAVAILABLE' })
    store.emit('connect')
    expect((await logIn(journey)).status).toBe(303)
  })

  it('shrugs at junk cookies', async () => {
    journey = await startJourney()
    const { app, browser } = journey
    const many = Array.from({ length: 200 }, (_, index) => `c${index}=%zz`).join('; ')
    for (const cookie of [
      'a'.repeat(8000),
      many,
      'connect.sid=s%3Abad.signature',
      'connect.sid=%E0%A4%A',
      ';;=;==',
      'cis2.=x',
    ]) {
      const page = await browser.get(`${app.baseUrl}/cis2/login`, { cookie })
      expect(page.status).toBe(302)
    }
    expect((await logIn(journey)).status).toBe(303)
  })

  it('says what is missing when Express does not trust the proxy', async () => {
    journey = await startPublicJourney({ before: (app) => void app.set('trust proxy', false) })
    const page = await journey.browser.get(`${publicApp}/cis2/login`)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 500, cookies: [] })
    expect(page.text).toContain('ERR_CIS2_TRUST_PROXY')
    expect(journey.app.events.at(-1)).toMatchObject({ name: 'login.failed', reason: 'ERR_CIS2_TRUST_PROXY' })
  })

  it('says what is wrong when the session cookie is Secure and the application on http', async () => {
    journey = await startJourney({ sessionOptions: { cookie: { secure: true } } })
    const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/login`)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 500, cookies: [] })
    expect(page.text).toContain('ERR_CIS2_TRUST_PROXY')
  })
})

describe('an application below a path', () => {
  const publicUrl = `${publicApp}/app`
  const stripping = (prefix: string): AppSettings => ({
    publicUrl: publicApp + prefix,
    before: (app) =>
      void app.use((req, _res, next) => {
        // What a proxy does that takes the prefix away.
        if (req.url.startsWith(`${prefix}/`)) req.url = req.url.slice(prefix.length)
        req.originalUrl = req.url
        next()
      }),
  })

  it('has the prefix in every address and in the cookie, also when the proxy takes it away', async () => {
    journey = await startPublicJourney(stripping('/app'))
    const { browser } = journey
    const refused = await browser.get(`${publicUrl}/private?a=b`)
    expect(refused.headers.location).toBe(
      `/app/cis2/login?returnTo=${encodeURIComponent('/app/private?a=b')}`,
    )
    const login = await browser.get(refused.location ?? '')
    expect(new URL(login.location ?? '').searchParams.get('redirect_uri')).toBe(`${publicUrl}/cis2/callback`)
    expect(login.cookies[0]).toMatch(/^__Host-cis2\..*Path=\/;/)
    const done = await logIn(journey, 'nurse', '/cis2/login?returnTo=/private')
    expect(done.headers.location).toBe('/app/private')
    expect((await browser.get(done.location ?? '')).status).toBe(200)
  })

  it('works where the prefix that the proxy takes away is how the routes begin too', async () => {
    journey = await startPublicJourney({
      ...stripping('/cis2'),
      mount: (app, cis2) => {
        // The simulator asks the application itself, without the proxy.
        app.use(cis2.router())
        app.use('/jwks', cis2.jwks())
      },
    })
    const done = await logIn(journey, 'nurse', '/cis2/login?returnTo=/private')
    expect([done.status, done.headers.location]).toEqual([303, '/cis2/private'])
    expect((await journey.browser.get(done.location ?? '')).status).toBe(200)
  })

  it('works mounted at that path in a parent application', async () => {
    journey = await startPublicJourney({
      publicUrl,
      mount: (app, cis2) => {
        const inner = express.Router()
        inner.use(cis2.router())
        inner.get('/private', requireLogin(), (_req, res) => void res.send('inner'))
        app.use('/app', inner)
        app.use('/cis2/jwks', cis2.jwks())
      },
    })
    const done = await logIn(journey, 'nurse', '/cis2/login?returnTo=/app/private')
    expect(done.headers.location).toBe('/app/private')
    expect((await new Browser().get(`${journey.app.url}/app/private`)).headers.location).toMatch(
      /^\/app\/cis2\/login/,
    )
  })
})
