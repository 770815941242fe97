import type { NextFunction, Request, Response } from 'express'
import { Cis2Error, getUser } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Page } from '../support/browser.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
  journey = await joinSimulator(simulator, {
    before: (app) => void app.get('/early', (req, res) => void res.send(getUser(req).sub)),
    after: (app) => {
      app.get('/open', (req, res) => void res.send(getUser(req).sub))
      app.get('/context', (req, res) => {
        const { user, isLoggedIn, tokens, session } = req.cis2
        res.json({ sub: user?.sub ?? null, isLoggedIn, tokens: tokens ?? null, session: session ?? null })
      })
      app.get('/login-url', (req, res) => {
        const { returnTo } = req.query
        res.send(req.cis2.loginUrl(typeof returnTo === 'string' ? returnTo : undefined))
      })
      app.post('/leave', (req, res, next) => {
        const wasLoggedIn = req.cis2.isLoggedIn
        Promise.all([req.cis2.logout(), req.cis2.logout()])
          .then(() => req.cis2.logout())
          .then(() => res.json({ wasLoggedIn, isLoggedIn: req.cis2.isLoggedIn }), next)
      })
      app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
        res.status(500).send(error instanceof Cis2Error ? `${error.status} ${error.code}` : String(error))
      })
    },
  })
})
afterAll(async () => {
  await journey.close()
  await simulator.close()
})
beforeEach(() => {
  journey.browser.forgetCookies()
  journey.app.events.length = 0
})

const visit = (path: string): Promise<Page> => journey.browser.get(journey.app.baseUrl + path)
const leave = async (): Promise<unknown> =>
  JSON.parse((await journey.browser.post(`${journey.app.baseUrl}/leave`, {})).text)

describe('getUser', () => {
  it('gives the person who is logged in, also where no guard stands', async () => {
    await logIn(journey)
    expect((await visit('/open')).text).toBe('555000000001')
  })

  it('throws where nobody is, and where the middleware never was', async () => {
    expect((await visit('/open')).text).toBe('401 ERR_CIS2_NOT_LOGGED_IN')
    expect((await visit('/early')).text).toBe('500 ERR_CIS2_MIDDLEWARE_MISSING')
  })
})

describe('req.cis2', () => {
  it('knows nobody before a login', async () => {
    expect(JSON.parse((await visit('/context')).text)).toEqual({
      sub: null,
      isLoggedIn: false,
      tokens: null,
      session: null,
    })
  })

  it('has the tokens of the login, and a session with nothing secret in it', async () => {
    await logIn(journey)
    expect(JSON.parse((await visit('/context')).text)).toEqual({
      sub: '555000000001',
      isLoggedIn: true,
      tokens: {
        idToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        accessToken: expect.stringMatching(/\S/),
        expiresAt: expect.any(Number),
        scope: 'openid profile nationalrbacaccess',
      },
      session: {
        id: expect.stringMatching(/\S/),
        loggedInAt: expect.any(Number),
        idleExpiresAt: expect.any(Number),
        absoluteExpiresAt: expect.any(Number),
        sid: expect.stringMatching(/\S/),
      },
    })
  })

  it.each([
    ['', '/cis2/login'],
    ['?returnTo=/a%3Fb%3Dc', '/cis2/login?returnTo=%2Fa%3Fb%3Dc'],
    // What it leads to is judged when the login route gets it.
    ['?returnTo=https://evil.example/', '/cis2/login?returnTo=https%3A%2F%2Fevil.example%2F'],
  ])('makes the address of a login of %j', async (query, address) => {
    expect((await visit(`/login-url${query}`)).text).toBe(address)
  })

  it('logs out once, whoever asks how often', async () => {
    expect(await leave()).toMatchObject({ wasLoggedIn: false, isLoggedIn: false })
    expect(journey.app.events).toEqual([])
    await logIn(journey)
    journey.app.events.length = 0
    expect(await leave()).toMatchObject({ wasLoggedIn: true, isLoggedIn: false })
    expect(journey.app.events.map(({ name, route }) => [name, route])).toEqual([
      ['logout.succeeded', '/leave'],
    ])
    expect((await visit('/private')).status).toBe(302)
  })
})

describe('the answer to a logout', () => {
  const asJson = { status: 200, location: undefined }
  const asPage = { status: 303, location: '/cis2/logged-out' }

  it.each<readonly [string, Record<string, string>, object]>([
    ['a form', { 'sec-fetch-mode': 'navigate', accept: '*/*' }, asPage],
    ['a fetch', { 'sec-fetch-mode': 'cors', accept: 'text/html' }, asJson],
    ['an old XMLHttpRequest', { 'x-requested-with': 'XMLHttpRequest', accept: 'text/html' }, asJson],
    ['an old script that wants JSON', { accept: 'application/json' }, asJson],
    ['an old browser', { accept: 'text/html,*/*;q=0.8' }, asPage],
    ['a program that says nothing', {}, asPage],
  ])('is for %s', async (_what, headers, expected) => {
    await logIn(journey)
    const { baseUrl } = journey.app
    const page = await journey.browser.send('POST', `${baseUrl}/cis2/logout`, { origin: baseUrl, ...headers })
    expect({ status: page.status, location: page.headers.location }).toEqual(expected)
    expect((await visit('/private')).status).toBe(302)
  })
})
