import { connect } from 'node:net'
import { jest } from '@jest/globals'
import express, { json, raw, text, urlencoded, type Express, type Request } from 'express'
import {
  publicApp,
  choosePerson,
  comeBack,
  logIn,
  startJourney,
  startPublicJourney,
  type Journey,
} from '../support/login.js'
import { accepted, failures, judge, judgeLogin, refused, reset } from '../support/judged-login.js'
import type { Browser, Page } from '../support/browser.js'

type Row = readonly [what: string, change: (url: URL) => void, code: string, status: number, isSpent: boolean]

const set = (changes: Record<string, string | undefined>) => (url: URL) => {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
}
const repeat = (name: string) => (url: URL) => {
  const value = url.searchParams.get(name) ?? 'x'
  url.searchParams.set(name, value)
  url.searchParams.append(name, value)
}
const state = (change: (state: string) => string) => (url: URL) =>
  url.searchParams.set('state', change(url.searchParams.get('state') ?? ''))
const fails = (error: string, description = 'no reason'): ((url: URL) => void) =>
  set({ code: undefined, error, error_description: description })

const unknown = 'ERR_CIS2_STATE_UNKNOWN'
const noState = 'ERR_CIS2_STATE_MISSING'
const repeated = 'ERR_CIS2_PARAMETER_REPEATED'
const tooLong = 'ERR_CIS2_PARAMETER_TOO_LONG'
const wrongIssuer = 'ERR_CIS2_RESPONSE_ISSUER_MISMATCH'

const changedAddresses: readonly Row[] = [
  ['no parameters', (url) => (url.search = ''), noState, 400, false],
  ['a code without a state', set({ state: undefined }), noState, 400, false],
  ['an empty state', set({ state: '' }), noState, 400, false],
  [
    'an error without a state',
    set({ state: undefined, code: undefined, error: 'access_denied' }),
    noState,
    400,
    false,
  ],
  [
    'an error with an unknown state',
    set({ state: 'x', code: undefined, error: 'access_denied' }),
    unknown,
    400,
    false,
  ],
  ['an invented state', set({ state: 'invented' }), unknown, 400, false],
  ['half of the state', state((good) => good.slice(0, 26)), unknown, 400, false],
  ['a state with its end missing', state((good) => good.slice(0, -1)), unknown, 400, false],
  ['a state with something at its end', state((good) => `${good}A`), unknown, 400, false],
  ['a state with padding', state((good) => `${good}=`), unknown, 400, false],
  ['a state in lower case', state((good) => good.toLowerCase()), unknown, 400, false],
  ['a state with a line feed', state((good) => `${good}\n`), unknown, 400, false],
  ['the state twice', repeat('state'), repeated, 400, false],
  ['the code twice', repeat('code'), repeated, 400, false],
  ['iss twice', repeat('iss'), repeated, 400, false],
  ['the error twice', repeat('error'), repeated, 400, false],
  ['the description twice', repeat('error_description'), repeated, 400, false],
  [
    'a state in brackets',
    (url) => (url.search = `?code=x&state[]=${url.searchParams.get('state') ?? ''}`),
    noState,
    400,
    false,
  ],
  [
    'a state with a key',
    (url) => (url.search = '?code=x&state[a]=x&__proto__[x]=1&hasOwnProperty=1'),
    noState,
    400,
    false,
  ],
  ['a code of 9,000 characters', set({ code: 'c'.repeat(9000) }), tooLong, 400, false],
  ['a state of 600 characters', set({ state: 's'.repeat(600) }), tooLong, 400, false],
  ['an iss of 3,000 characters', set({ iss: 'i'.repeat(3000) }), tooLong, 400, false],
  ['an error of 600 characters', set({ error: 'e'.repeat(600) }), tooLong, 400, false],
  ['the state and another one', (url) => url.searchParams.append('state', 'other'), repeated, 400, false],
  [
    'another state and the state',
    (url) => (url.search = `?state=other&${url.search.slice(1)}`),
    repeated,
    400,
    false,
  ],
  [
    'the code under brackets',
    (url) => (url.search = url.search.replace('code=', 'code[]=')),
    'ERR_CIS2_CODE_MISSING',
    400,
    true,
  ],
  [
    'names in capitals',
    (url) => (url.search = url.search.replace('code=', 'CODE=').replace('state=', 'STATE=')),
    noState,
    400,
    false,
  ],
  ['an empty iss beside the right one', (url) => (url.search += `&iss=&iss=`), repeated, 400, false],
  ['no code', set({ code: undefined }), 'ERR_CIS2_CODE_MISSING', 400, true],
  ['an empty code', set({ code: '' }), 'ERR_CIS2_CODE_MISSING', 400, true],
  ['a code and an error', set({ error: 'access_denied' }), 'ERR_CIS2_CODE_AND_ERROR', 400, true],
  ['another iss', set({ iss: 'https://evil.test' }), wrongIssuer, 400, true],
  [
    'another iss beside an error',
    set({ iss: 'https://evil.test', code: undefined, error: 'access_denied' }),
    wrongIssuer,
    400,
    true,
  ],
  ['access_denied', fails('access_denied'), 'ERR_CIS2_LOGIN_CANCELLED', 400, true],
  ['login_required', fails('login_required'), 'ERR_CIS2_LOGIN_REQUIRED', 400, true],
  ['interaction_required', fails('interaction_required'), 'ERR_CIS2_LOGIN_REQUIRED', 400, true],
  ['server_error', fails('server_error'), 'ERR_CIS2_PROVIDER_ERROR', 503, true],
  ['temporarily_unavailable', fails('temporarily_unavailable'), 'ERR_CIS2_PROVIDER_ERROR', 503, true],
  ['invalid_scope', fails('invalid_scope'), 'ERR_CIS2_AUTHORIZATION_REFUSED', 400, true],
  ['an invented error', fails('<script>alert(1)</script>'), 'ERR_CIS2_AUTHORIZATION_REFUSED', 400, true],
  ['an inherited name as error', fails('__proto__'), 'ERR_CIS2_AUTHORIZATION_REFUSED', 400, true],
]

afterEach(() => {
  jest.restoreAllMocks()
})

function changed(address: string, change: (url: URL) => void): string {
  const url = new URL(address)
  change(url)
  return url.href
}

function sessionId(browser: Browser, journey: Journey): string | undefined {
  return browser.cookies(journey.app.baseUrl).find(({ name }) => name === 'connect.sid')?.value
}

function plantingRoutes(app: Express): void {
  app.get('/plant', (req, res) => {
    Object.assign(req.session, { basket: 'apples', isAdmin: true, csrf: 'known' })
    res.send('planted')
  })
  app.get('/peek', (req, res) => void res.json(req.session))
}

describe('the callback', () => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ after: plantingRoutes, session: { carryOver: ['basket'] } })
  })
  afterAll(() => journey.close())
  beforeEach(() => reset(journey))

  const newTab = (): Pick<Journey, 'app' | 'browser'> => ({
    app: journey.app,
    browser: journey.anotherBrowser(),
  })
  const peek = async (browser: Browser): Promise<unknown> =>
    JSON.parse((await browser.get(`${journey.app.baseUrl}/peek`)).text)

  it.each(changedAddresses)('refuses %s', async (_what, change, code, status, isSpent) => {
    const tab = newTab()
    const address = await comeBack(tab)
    const page = await tab.browser.get(changed(address, change))
    expect(await judge(journey, tab.browser, page)).toEqual(refused(code, status))
    expect(page.text).not.toContain('<script')
    reset(journey)
    const real = await tab.browser.get(address)
    const verdict = await judge(journey, tab.browser, real)
    expect(verdict).toEqual(isSpent ? refused('ERR_CIS2_ATTEMPT_USED', 400) : accepted)
  })

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'd'.repeat(10_000),
    'a\r\nSet-Cookie: x=y',
    '\u202Etxt.exe',
  ])('never shows what a description says (%#)', async (description) => {
    const tab = newTab()
    const address = changed(await comeBack(tab), fails('access_denied', description))
    const page = await tab.browser.get(`${address}&error_uri=https://evil.test/`)
    expect(page.status).toBe(400)
    expect(page.text).not.toContain(description)
    expect(page.text).not.toMatch(/evil\.test|onerror|<img/)
    expect(page.headers['set-cookie']?.some((each) => each.startsWith('x='))).not.toBe(true)
  })

  it('ignores parameters it does not know', async () => {
    const tab = newTab()
    const more = {
      session_state: 'a',
      client_id: 'b',
      scope: 'c',
      returnTo: 'https://evil.test/',
      id_token: 'x',
    }
    const page = await tab.browser.get(changed(await comeBack(tab), set(more)))
    expect(await judge(journey, tab.browser, page)).toEqual(accepted)
    expect(page.location).toBe(`${journey.app.baseUrl}/`)
  })

  it('ignores thousands of parameters', async () => {
    const tab = newTab()
    const page = await tab.browser.get(`${await comeBack(tab)}${'&a'.repeat(6000)}`)
    expect(await judge(journey, tab.browser, page)).toEqual(accepted)
  })

  it('answers a query of 64 kB without asking CIS2', async () => {
    const tab = newTab()
    const page = await tab.browser.get(changed(await comeBack(tab), set({ code: 'c'.repeat(65_536) })))
    expect([400, 414, 431]).toContain(page.status)
    expect(journey.simulator.requests.count('token')).toBe(0)
  })

  it.each(['a\r\nb', 'a&b=c', '100%', '\u{1F600}', 'a+b c'])('sends the code %j as it came', async (code) => {
    const tab = newTab()
    const page = await tab.browser.get(changed(await comeBack(tab), set({ code })))
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_CODE_REFUSED', 400, 1))
    const [request] = journey.simulator.requests.filter(({ endpoint }) => endpoint === 'token')
    expect(request?.body?.code).toBe(code)
  })

  it('tells a person who cancels so, and lets them start again where they were', async () => {
    const tab = newTab()
    const login = await tab.browser.get(`${journey.app.baseUrl}/cis2/login?returnTo=/private`)
    const page = await tab.browser.get(await choosePerson(tab.browser, login.location ?? '', 'cancel'))
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_LOGIN_CANCELLED', 400))
    expect(page.text).toMatch(/cancelled/i)
    expect(page.text).toMatch(/\/cis2\/login\?returnTo=(?:\/|%2F)private/)
  })

  it('accepts the iss of CIS2', async () => {
    const tab = newTab()
    const page = await tab.browser.get(changed(await comeBack(tab), set({ iss: journey.simulator.issuer })))
    expect(await judge(journey, tab.browser, page)).toEqual(accepted)
  })

  it("refuses another browser's state and leaves the login to its own", async () => {
    const tab = newTab()
    const victim = journey.anotherBrowser()
    const address = await comeBack(tab)
    const page = await victim.get(address)
    expect(await judge(journey, victim, page)).toEqual(refused('ERR_CIS2_ATTEMPT_COOKIE_MISSING', 400))
    reset(journey)
    expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(accepted)
  })

  it('is not cancelled by an error from another browser', async () => {
    const tab = newTab()
    const address = await comeBack(tab)
    const stranger = journey.anotherBrowser()
    const page = await stranger.get(changed(address, fails('access_denied')))
    expect(await judge(journey, stranger, page)).toEqual(refused('ERR_CIS2_ATTEMPT_COOKIE_MISSING', 400))
    reset(journey)
    expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(accepted)
  })

  it('looks the same to the browser for an unknown, a foreign and an expired state', async () => {
    const tab = newTab()
    const address = await comeBack(tab)
    const pages: Page[] = [
      await tab.browser.get(changed(address, set({ state: 'x' }))),
      await journey.anotherBrowser().get(address),
    ]
    const start = Date.now()
    jest.spyOn(Date, 'now').mockImplementation(() => start + 700_000)
    pages.push(await tab.browser.get(address))
    jest.restoreAllMocks()
    expect(pages.map(({ status }) => status)).toEqual([400, 400, 400])
    expect(new Set(pages.map(({ text: html }) => /<h1[^>]*>([^<]*)/.exec(html)?.[1])).size).toBe(1)
    expect(new Set(failures(journey.app.events)).size).toBe(3)
  })

  it('refuses a code that belongs to another login', async () => {
    const attacker = newTab()
    const stolen = new URL(await comeBack(attacker)).searchParams.get('code') ?? ''
    const tab = newTab()
    const page = await tab.browser.get(changed(await comeBack(tab), set({ code: stolen })))
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_CODE_REFUSED', 400, 1))
  })

  it('refuses an attempt after ten minutes and offers to start again', async () => {
    const tab = newTab()
    const address = await comeBack(tab, 'nurse', '/cis2/login?returnTo=/private')
    const start = Date.now()
    jest.spyOn(Date, 'now').mockImplementation(() => start + 601_000)
    const page = await tab.browser.get(address)
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_ATTEMPT_EXPIRED', 400))
    expect(page.text).toMatch(/\/cis2\/login\?returnTo=(?:\/|%2F)private/)
  })

  it('refuses an attempt whose cookie came twice', async () => {
    const tab = newTab()
    const address = await comeBack(tab)
    const cookie = tab.browser.cookieHeader(address)
    const page = await tab.browser.get(address, { cookie: `${cookie}; ${cookie}` })
    expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_ATTEMPT_COOKIE_INVALID', 400))
  })

  it('refuses an attempt whose cookie was changed', async () => {
    const tab = newTab()
    const address = await comeBack(tab)
    for (const { name } of tab.browser.cookies(address))
      if (name.includes('cis2')) tab.browser.setCookie(address, name, 'AAAA')
    expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(
      refused('ERR_CIS2_ATTEMPT_COOKIE_INVALID', 400),
    )
  })

  it.each(['/cis2/callback/', '/CIS2/callback', '/cis2/Callback'])(
    'refuses the path %s and consumes nothing',
    async (path) => {
      const tab = newTab()
      const address = await comeBack(tab)
      const page = await tab.browser.get(changed(address, (url) => (url.pathname = path)))
      expect(await judge(journey, tab.browser, page)).toEqual(refused('ERR_CIS2_CALLBACK_PATH', 400))
      reset(journey)
      expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(accepted)
    },
  )

  it.each(['HEAD', 'POST', 'PUT', 'DELETE'])('answers %s with 405 and consumes nothing', async (method) => {
    const tab = newTab()
    const address = await comeBack(tab)
    const page = await tab.browser.send(method, address, {})
    expect({ status: page.status, allow: page.headers.allow, cookies: page.cookies }).toEqual({
      status: 405,
      allow: 'GET',
      cookies: [],
    })
    expect(journey.simulator.requests.count('token')).toBe(0)
    expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(accepted)
  })

  it.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
  ])('consumes nothing for %j', async (header: Record<string, string>) => {
    const tab = newTab()
    const address = await comeBack(tab)
    const page = await tab.browser.get(address, header)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
    expect(journey.simulator.requests.count('token')).toBe(0)
    expect(await judge(journey, tab.browser, await tab.browser.get(address))).toEqual(accepted)
  })

  describe('with several tabs', () => {
    const openTabs = async (browser: Browser, count: number): Promise<string[]> => {
      const addresses: string[] = []
      for (let tab = 1; tab <= count; tab++) {
        addresses.push(
          await comeBack({ app: journey.app, browser }, 'nurse', `/cis2/login?returnTo=/private?tab=${tab}`),
        )
      }
      return addresses
    }
    const tabOf = (page: Page): string | undefined => page.location?.split('tab=')[1]
    const everyTab = Array.from({ length: 20 }, (_, index) => String(index + 1))

    it('takes 20 of 20 at once to where they started', async () => {
      const { browser } = newTab()
      const addresses = await openTabs(browser, 20)
      const pages = await Promise.all(addresses.map((address) => browser.get(address)))
      expect(pages.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 303))
      expect(pages.map(tabOf)).toEqual(everyTab)
      expect(journey.simulator.requests.count('token')).toBe(20)
      for (const page of pages) expect((await browser.get(page.location ?? '')).status).toBe(200)
    })

    it('takes 20 of 20 one after the other, the last first, to where they started', async () => {
      const { browser } = newTab()
      const addresses = await openTabs(browser, 20)
      const landed: (string | undefined)[] = []
      for (const address of addresses.reverse()) landed.push(tabOf(await browser.get(address)))
      expect(landed.reverse()).toEqual(everyTab)
    })

    it('forgets the oldest of 21 and no other', async () => {
      const { browser } = newTab()
      const [oldest = '', ...others] = await openTabs(browser, 21)
      expect(await judge(journey, browser, await browser.get(oldest))).toEqual(
        refused('ERR_CIS2_ATTEMPT_COOKIE_MISSING', 400),
      )
      const pages = await Promise.all(others.map((address) => browser.get(address)))
      expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([303]))
    })

    it('leaves the others alone when one fails', async () => {
      const { browser } = newTab()
      const [first = '', second = ''] = await openTabs(browser, 2)
      await browser.get(changed(first, fails('access_denied')))
      await browser.get(changed(second, set({ state: 'x' })))
      expect(tabOf(await browser.get(second))).toBe('2')
    })
  })

  describe('sent twice', () => {
    it('at once makes one token request and logs both in', async () => {
      const { browser } = newTab()
      const address = await comeBack({ app: journey.app, browser }, 'nurse', '/cis2/login?returnTo=/private')
      const pages = await Promise.all([browser.get(address), browser.get(address)])
      expect(pages.map(({ status, location }) => [status, location])).toEqual([
        [303, `${journey.app.baseUrl}/private`],
        [303, `${journey.app.baseUrl}/private`],
      ])
      expect(journey.simulator.requests.count('token')).toBe(1)
      const ids = pages.map(
        ({ cookies }) => cookies.find((each) => each.startsWith('connect.sid='))?.split('.')[0],
      )
      expect(new Set(ids).size).toBe(1)
      for (const { cookies } of pages) {
        const cookie = cookies.find((each) => each.startsWith('connect.sid='))?.split(';')[0] ?? ''
        expect(
          (await journey.anotherBrowser().get(`${journey.app.baseUrl}/private`, { cookie })).status,
        ).toBe(200)
      }
    })

    it('at once and failing makes one token request and one event', async () => {
      const { browser } = newTab()
      const address = await comeBack({ app: journey.app, browser })
      journey.simulator.setFault('token.error', 'invalid_grant')
      const pages = await Promise.all([browser.get(address), browser.get(address)])
      expect(pages.map(({ status }) => status)).toEqual([400, 400])
      expect(journey.simulator.requests.count('token')).toBe(1)
      expect(failures(journey.app.events)).toEqual(['ERR_CIS2_CODE_REFUSED'])
    })

    it('at once and failing in the application itself is the same failure twice', async () => {
      const failing = await startJourney({
        session: { carryOver: ['basket'] },
        mount: (app, cis2) => {
          app.use((req, _res, next) => {
            Object.defineProperty(req.session, 'basket', {
              configurable: true,
              get: () => {
                throw new TypeError('the application’s own')
              },
            })
            next()
          })
          app.use(cis2.router())
        },
      })
      try {
        const address = await comeBack(failing)
        const pages = await Promise.all([failing.browser.get(address), failing.browser.get(address)])
        expect(pages.map(({ status }) => status)).toEqual([500, 500])
        for (const { text: said } of pages) {
          expect(said).toContain('ERR_CIS2_UNEXPECTED')
          expect(said).not.toContain('application’s own')
        }
        const reasons = failing.app.events.flatMap(({ name, reason }) =>
          name === 'login.failed' ? [reason] : [],
        )
        expect(reasons).toContain('ERR_CIS2_UNEXPECTED')
        expect(failing.simulator.requests.count('token')).toBe(1)
      } finally {
        await failing.close()
      }
    })

    it('by the back button takes somebody who is logged in to where that login led', async () => {
      const { browser } = newTab()
      const address = await comeBack(
        { app: journey.app, browser },
        'nurse',
        '/cis2/login?returnTo=/private?tab=7',
      )
      await browser.get(address)
      const id = sessionId(browser, journey)
      const again = await browser.get(address)
      expect({ status: again.status, location: again.location }).toEqual({
        status: 303,
        location: `${journey.app.baseUrl}/private?tab=7`,
      })
      expect(journey.simulator.requests.count('token')).toBe(1)
      expect(sessionId(browser, journey)).toBe(id)
    })

    it('after the session is gone is refused, however often', async () => {
      const { browser } = newTab()
      const address = await comeBack({ app: journey.app, browser })
      await browser.get(address)
      browser.setCookie(journey.app.baseUrl, 'connect.sid', 'none')
      reset(journey)
      expect(await judge(journey, browser, await browser.get(address))).toEqual(
        refused('ERR_CIS2_ATTEMPT_USED', 400),
      )
      expect((await browser.get(address)).status).toBe(400)
      expect(journey.simulator.requests.count('token')).toBe(0)
    })

    it('with the cookie the attempt had before is refused', async () => {
      const { browser } = newTab()
      const address = await comeBack({ app: journey.app, browser })
      const cookie = browser.cookieHeader(address)
      await browser.get(address)
      reset(journey)
      const thief = journey.anotherBrowser()
      const page = await thief.get(address, { cookie })
      expect(await judge(journey, thief, page)).toEqual(refused('ERR_CIS2_ATTEMPT_USED', 400))
      expect((await browser.get(`${journey.app.baseUrl}/private`)).status).toBe(200)
    })

    it('by another browser is refused and leaves the first logged in', async () => {
      const { browser } = newTab()
      const address = await comeBack({ app: journey.app, browser })
      await browser.get(address)
      reset(journey)
      const thief = journey.anotherBrowser()
      expect(await judge(journey, thief, await thief.get(address))).toEqual(
        refused('ERR_CIS2_ATTEMPT_COOKIE_MISSING', 400),
      )
      expect((await browser.get(`${journey.app.baseUrl}/private`)).status).toBe(200)
    })
  })

  describe('and the session', () => {
    it('gets a new id at login, and the old one is dead', async () => {
      const tab = newTab()
      await tab.browser.get(`${journey.app.baseUrl}/plant`)
      const before = sessionId(tab.browser, journey)
      expect((await logIn(tab)).status).toBe(303)
      expect(sessionId(tab.browser, journey)).not.toBe(before)
      const old = journey.anotherBrowser()
      old.setCookie(journey.app.baseUrl, 'connect.sid', before ?? '')
      expect(await peek(old)).not.toHaveProperty('isAdmin')
    })

    it('keeps what carryOver names and nothing else', async () => {
      const tab = newTab()
      await tab.browser.get(`${journey.app.baseUrl}/plant`)
      await logIn(tab)
      const session = await peek(tab.browser)
      expect(session).toMatchObject({ basket: 'apples' })
      expect(session).not.toHaveProperty('isAdmin')
      expect(session).not.toHaveProperty('csrf')
    })

    it('gets a new id when the same person logs in again', async () => {
      const tab = newTab()
      await logIn(tab)
      await tab.browser.get(`${journey.app.baseUrl}/plant`)
      const before = sessionId(tab.browser, journey)
      await logIn(tab, 'nurse', '/cis2/login?reauthenticate=true')
      expect(sessionId(tab.browser, journey)).not.toBe(before)
      expect(await peek(tab.browser)).toMatchObject({ basket: 'apples' })
    })

    it('keeps nothing when another person logs in', async () => {
      const tab = newTab()
      await logIn(tab)
      await tab.browser.get(`${journey.app.baseUrl}/plant`)
      const first = JSON.parse((await tab.browser.get(`${journey.app.baseUrl}/me`)).text) as {
        tokens: unknown
      }
      await logIn(tab, 'pharmacist', '/cis2/login?reauthenticate=true')
      expect(journey.app.events.map(({ name }) => name)).toContain('user.switched')
      expect(await peek(tab.browser)).not.toHaveProperty('basket')
      const second = JSON.parse((await tab.browser.get(`${journey.app.baseUrl}/me`)).text) as {
        user: unknown
        tokens: unknown
      }
      expect(second.user).toMatchObject({ sub: '555000000003' })
      expect(second.tokens).not.toEqual(first.tokens)
    })

    it.each([
      ['a refused code', 'token.error'],
      ['an unknown state', 'state'],
    ])('of somebody logged in survives %s', async (_what, kind) => {
      const tab = newTab()
      await logIn(tab)
      const id = sessionId(tab.browser, journey)
      const address = await comeBack(tab, 'pharmacist', '/cis2/login?reauthenticate=true')
      if (kind === 'token.error') journey.simulator.setFault('token.error', 'invalid_grant')
      const page = await tab.browser.get(kind === 'state' ? changed(address, set({ state: 'x' })) : address)
      expect(page.status).toBe(400)
      expect(sessionId(tab.browser, journey)).toBe(id)
      const me = await tab.browser.get(`${journey.app.baseUrl}/private`)
      expect(JSON.parse(me.text)).toMatchObject({ sub: '555000000001' })
    })
  })
})

describe('the callback of a CIS2 with :443 in its issuer', () => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startPublicJourney()
  })
  afterAll(() => journey.close())
  beforeEach(() => reset(journey))

  const spellings: readonly (readonly [what: string, change: (iss: string) => string, isRight: boolean])[] = [
    ['as it is', (iss) => iss, true],
    ['without its port', (iss) => iss.replace(':443', ''), false],
    ['with another port', (iss) => iss.replace(':443', ':8443'), false],
    ['with a slash at its end', (iss) => `${iss}/`, false],
    ['with its host in capitals', (iss) => iss.replace('am.sim.test', 'AM.SIM.TEST'), false],
    ['with a character encoded', (iss) => iss.replace('realms', '%72ealms'), false],
  ]
  it.each(spellings)('compares iss as text: %s', async (_what, change, isRight) => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    const page = await browser.get(changed(address, set({ iss: change(journey.simulator.issuer) })))
    expect(await judge(journey, browser, page)).toEqual(isRight ? accepted : refused(wrongIssuer, 400))
  })
})

describe('the callback of a CIS2 that announces iss', () => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney()
    journey.simulator.setFault('mixUpMitigation', 'sent-and-advertised')
    expect((await logIn(journey)).status).toBe(303)
  })
  afterAll(() => journey.close())
  beforeEach(() => reset(journey))

  it('refuses an answer without it', async () => {
    expect(await judgeLogin(journey)).toEqual(refused('ERR_CIS2_RESPONSE_ISSUER_MISSING', 400))
  })

  it('refuses an error without it', async () => {
    const browser = journey.anotherBrowser()
    const address = changed(await comeBack({ app: journey.app, browser }), fails('access_denied'))
    expect(await judge(journey, browser, await browser.get(address))).toEqual(
      refused('ERR_CIS2_RESPONSE_ISSUER_MISSING', 400),
    )
  })
})

describe('a redirect URI with a slash at its end', () => {
  it('is where the callback answers, and nowhere else', async () => {
    const journey = await startPublicJourney({ redirectUri: `${publicApp}/auth/callback/` })
    try {
      const address = await comeBack(journey)
      const elsewhere = await journey.browser.get(address.replace('/callback/?', '/callback?'))
      expect(elsewhere.text).toContain('ERR_CIS2_CALLBACK_PATH')
      reset(journey)
      expect(await judge(journey, journey.browser, await journey.browser.get(address))).toEqual(accepted)
    } finally {
      await journey.close()
    }
  })
})

describe('the callback in form_post mode', () => {
  interface Form {
    redirectUri: string
    parameters: Record<string, string>
  }
  const crossSite = { origin: 'https://am.sim.test', 'sec-fetch-site': 'cross-site' }

  async function startForm(journey: Journey, browser: Browser): Promise<Form> {
    const login = await browser.get(`${journey.app.baseUrl}/cis2/login?returnTo=/private`)
    for (const cookie of login.cookies.filter((each) => each.includes('cis2.')))
      expect(cookie).toMatch(/; Secure.*SameSite=None/)
    const answer = await browser.post(
      login.location ?? '',
      { person: 'nurse' },
      { accept: 'application/json' },
    )
    return JSON.parse(answer.text) as Form
  }

  it('gives a body up that does not come to its end when the time of the login is over', async () => {
    const journey = await startPublicJourney({ responseMode: 'form_post', timeouts: { requestMs: 500 } })
    try {
      const { port } = new URL(journey.app.url)
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1')
        socket.once('error', reject)
        socket.once('data', (data) => {
          socket.destroy()
          resolve(data.toString())
        })
        socket.write(
          'POST /cis2/callback HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\nstate=a',
        )
      })
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(failures(journey.app.events)).toEqual(['ERR_CIS2_RESPONSE_MODE'])
    } finally {
      await journey.close()
    }
  })

  const parsers: readonly (readonly [what: string, before: (app: Express) => void])[] = [
    ['no body parser', () => undefined],
    ['express.urlencoded, extended', (app) => void app.use(urlencoded({ extended: true }))],
    ['express.urlencoded, plain', (app) => void app.use(urlencoded({ extended: false }))],
    ['express.json', (app) => void app.use(json())],
    ['express.raw', (app) => void app.use(raw({ type: '*/*' }))],
    ['express.text', (app) => void app.use(text({ type: '*/*' }))],
    [
      'a reader of its own that leaves an object',
      readsBody((req, form) => (req.body = Object.fromEntries(form))),
    ],
    ['a reader of its own that leaves text', readsBody((req, form) => (req.body = form.toString()))],
  ]

  /** A middleware that reads the body to its end, as those do that check signatures or run in the cloud. */
  function readsBody(keep: (req: Request, form: URLSearchParams) => void): (app: Express) => void {
    return (app) =>
      void app.use((req, _res, next) => {
        const chunks: Buffer[] = []
        req.on('data', (chunk: Buffer) => chunks.push(chunk))
        req.on('end', () => {
          if (chunks.length > 0) keep(req, new URLSearchParams(Buffer.concat(chunks).toString()))
          next()
        })
      })
  }

  it('says that somebody else has read the form, where nothing is left of it', async () => {
    const journey = await startPublicJourney({
      responseMode: 'form_post',
      before: readsBody(() => undefined),
    })
    try {
      const { redirectUri, parameters } = await startForm(journey, journey.browser)
      const page = await journey.browser.post(redirectUri, parameters, crossSite)
      expect(await judge(journey, journey.browser, page)).toEqual(refused('ERR_CIS2_RESPONSE_MODE', 400))
    } finally {
      await journey.close()
    }
  })

  it('takes the form under a type whose parameters nobody understands', async () => {
    const journey = await startPublicJourney({ responseMode: 'form_post' })
    try {
      const { redirectUri, parameters } = await startForm(journey, journey.browser)
      const headers = { ...crossSite, 'content-type': 'application/x-www-form-urlencoded; charset' }
      const page = await journey.browser.post(redirectUri, parameters, headers)
      expect(await judge(journey, journey.browser, page)).toEqual(accepted)
    } finally {
      await journey.close()
    }
  })

  it.each(parsers)('takes the form behind %s', async (_what, before) => {
    const journey = await startPublicJourney({ responseMode: 'form_post', before })
    try {
      const { redirectUri, parameters } = await startForm(journey, journey.browser)
      const page = await journey.browser.post(redirectUri, parameters, crossSite)
      expect(await judge(journey, journey.browser, page)).toEqual(accepted)
      expect(page.location).toBe(`${publicApp}/private`)
    } finally {
      await journey.close()
    }
  })

  describe('behind the extended parser', () => {
    let journey: Journey
    beforeAll(async () => {
      journey = await startPublicJourney({
        responseMode: 'form_post',
        before: (app) => void app.use(express.urlencoded({ extended: true })),
      })
    })
    afterAll(() => journey.close())
    beforeEach(() => reset(journey))

    const bodies: readonly (readonly [what: string, body: (state: string) => string, code: string])[] = [
      ['a state in brackets', (good) => `code=x&state[]=${good}`, repeated],
      ['a state with a key', (good) => `code=x&state[a]=${good}`, repeated],
      ['a state twice', (good) => `code=x&state=${good}&state=${good}`, repeated],
      ['a code with a key', (good) => `code[__proto__]=x&code[a]=b&state=${good}`, repeated],
      [
        'inherited names',
        () => 'hasOwnProperty=1&__proto__[state]=1&constructor[prototype][state]=1',
        noState,
      ],
      ['nothing', () => '', noState],
    ]
    it.each(bodies)('refuses %s and consumes nothing', async (_what, body, code) => {
      const browser = journey.anotherBrowser()
      const { redirectUri, parameters } = await startForm(journey, browser)
      const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
      const page = await browser.send('POST', redirectUri, headers, body(parameters.state ?? ''))
      expect(await judge(journey, browser, page)).toEqual(refused(code, 400))
      expect(Reflect.get({}, 'state')).toBeUndefined()
      reset(journey)
      expect(await judge(journey, browser, await browser.post(redirectUri, parameters, crossSite))).toEqual(
        accepted,
      )
    })

    it.each<readonly [string, string, string]>([
      [
        'a form of parts',
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="state"\r\n\r\nSTATE\r\n--x--',
      ],
      ['JSON', 'application/json', '{"code":"x","state":"STATE"}'],
      ['plain text', 'text/plain', 'code=x&state=STATE'],
      ['a type that begins alike', 'application/x-www-form-urlencoded2', 'code=x&state=STATE'],
      ['nothing that it says', '', 'code=x&state=STATE'],
    ])('says that a form is expected where it gets %s, and consumes nothing', async (_what, type, body) => {
      const browser = journey.anotherBrowser()
      const { redirectUri, parameters } = await startForm(journey, browser)
      const headers = { accept: 'text/html', ...(type === '' ? {} : { 'content-type': type }) }
      const page = await browser.send(
        'POST',
        redirectUri,
        headers,
        body.replace('STATE', parameters.state ?? ''),
      )
      expect(await judge(journey, browser, page)).toEqual(refused('ERR_CIS2_RESPONSE_MODE', 400))
      reset(journey)
      expect(await judge(journey, browser, await browser.post(redirectUri, parameters, crossSite))).toEqual(
        accepted,
      )
    })

    it('refuses a response in the query, alone or beside the form', async () => {
      const browser = journey.anotherBrowser()
      const { redirectUri, parameters } = await startForm(journey, browser)
      const query = new URLSearchParams(parameters).toString()
      expect((await browser.get(`${redirectUri}?${query}`)).status).toBe(405)
      const page = await browser.post(`${redirectUri}?code=other`, parameters, crossSite)
      expect(await judge(journey, browser, page)).toEqual(refused('ERR_CIS2_RESPONSE_MODE', 400))
    })

    it('refuses a posted error', async () => {
      const browser = journey.anotherBrowser()
      const { redirectUri, parameters } = await startForm(journey, browser)
      const page = await browser.post(
        redirectUri,
        { state: parameters.state ?? '', error: 'access_denied' },
        crossSite,
      )
      expect(await judge(journey, browser, page)).toEqual(refused('ERR_CIS2_LOGIN_CANCELLED', 400))
    })
  })

  it.each<readonly [what: string, type: string, body: string, code: string, status: number]>([
    ['in an encoding nobody uses', '; charset=utf-16', 'state=x', 'ERR_CIS2_RESPONSE_MODE', 400],
    ['of too many fields', '', 'a=b&'.repeat(101), 'ERR_CIS2_BODY_TOO_LARGE', 413],
  ])('refuses a body %s', async (_what, type, body, code, status) => {
    const journey = await startPublicJourney({ responseMode: 'form_post' })
    try {
      const { redirectUri, parameters } = await startForm(journey, journey.browser)
      const headers = { accept: 'text/html', 'content-type': `application/x-www-form-urlencoded${type}` }
      const page = await journey.browser.send('POST', redirectUri, headers, body)
      expect(await judge(journey, journey.browser, page)).toEqual(refused(code, status))
      reset(journey)
      const real = await journey.browser.post(redirectUri, parameters, crossSite)
      expect(await judge(journey, journey.browser, real)).toEqual(accepted)
    } finally {
      await journey.close()
    }
  })

  it('refuses a body of more than 64 KiB', async () => {
    const journey = await startPublicJourney({ responseMode: 'form_post' })
    try {
      const { redirectUri, parameters } = await startForm(journey, journey.browser)
      const page = await journey.browser.post(
        redirectUri,
        { ...parameters, filler: 'x'.repeat(70_000) },
        crossSite,
      )
      expect(await judge(journey, journey.browser, page)).toEqual(refused('ERR_CIS2_BODY_TOO_LARGE', 413))
    } finally {
      await journey.close()
    }
  })
})
