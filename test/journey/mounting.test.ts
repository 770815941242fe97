import { request } from 'node:http'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import session from 'express-session'
import { createCis2, requireLogin, type Cis2 } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { createGate, type Gate } from '../support/gate.js'
import { failures } from '../support/judged-login.js'
import { testKeys, testSecret } from '../support/keys.js'
import {
  choosePerson,
  comeBack,
  joinSimulator,
  logIn,
  publicApp,
  startPublicJourney,
  type Journey,
} from '../support/login.js'

const secondClient = '222222222222.apps.national'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator({
    clients: [{ clientId: '999999999999.apps.national' }, { clientId: secondClient }],
  })
})
afterAll(() => simulator.close())
afterEach(async () => {
  simulator.requests.clear()
  await journey.close()
})

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, settings)
}

const visit = (path: string): Promise<Page> => journey.browser.get(journey.app.baseUrl + path)
const sessions = (): RequestHandler =>
  session({ secret: 'session cookie secret of the tests', resave: false, saveUninitialized: false })

describe('the middleware', () => {
  it('mounted before the session says so', async () => {
    await start({
      sessionOptions: false,
      mount: (app, cis2) => void app.use(cis2.router(), sessions()),
    })
    const page = await logIn(journey)
    expect(page.status).toBe(500)
    expect(page.text).toContain('ERR_CIS2_SESSION_MISSING')
    expect(failures(journey.app.events)).toEqual(['ERR_CIS2_SESSION_MISSING'])
    expect(simulator.requests.count('token')).toBe(0)
  })

  it.each<readonly [string, (app: Express, cis2: Cis2) => void]>([
    ['router twice', (app, cis2) => void app.use(cis2.router(), cis2.router())],
    ['router, then authenticate', (app, cis2) => void app.use(cis2.router(), cis2.authenticate())],
    ['authenticate, then router', (app, cis2) => void app.use(cis2.authenticate(), cis2.router())],
    ['router behind two sessions', (app, cis2) => void app.use(sessions(), cis2.router())],
    [
      'router again in a part of the application',
      (app, cis2) => {
        app.use(cis2.router())
        app.use('/private', express.Router().use(cis2.router()))
      },
    ],
  ])('mounted as %s works as if it were there once', async (_what, mount) => {
    await start({ mount })
    expect((await logIn(journey, 'nurse', '/cis2/login?returnTo=/private')).status).toBe(303)
    expect((await visit('/private')).status).toBe(200)
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect((await visit('/private')).status).toBe(302)
    expect(journey.app.events.map(({ name }) => name)).toEqual([
      'login.started',
      'login.succeeded',
      'logout.succeeded',
    ])
    expect(simulator.requests.count('token')).toBe(1)
  })

  it('mounted behind the guarded route is an error, not an open door', async () => {
    await start({
      mount: (app, cis2) => {
        app.get('/early', requireLogin(), (_req, res) => void res.send('in'))
        app.use(cis2.router())
      },
    })
    await logIn(journey)
    const page = await visit('/early')
    expect(page.status).toBe(500)
    expect(page.text).toContain('ERR_CIS2_MIDDLEWARE_MISSING')
  })
})

describe('a route alone', () => {
  it('given to app.get and app.post as a handler answers at their path, and at no other', async () => {
    await start({
      mount(app, cis2) {
        const login = cis2.login()
        app.get('/cis2/login', login)
        app.get('/cis2/callback', cis2.callback())
        app.post('/cis2/logout', cis2.logout())
        app.use(cis2.authenticate())
        // Its route is still on the request when the same router is asked again.
        app.get('/elsewhere', (_req, _res, next) => next())
        app.use(login)
      },
    })
    expect((await visit('/elsewhere')).status).toBe(404)
    expect((await logIn(journey)).status).toBe(303)
    expect((await visit('/private')).status).toBe(200)
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect((await visit('/private')).status).toBe(302)
  })
})

describe('a key set at a path of its own', () => {
  const settings: AppSettings = { routes: { jwks: '/keys' } }

  it('is no hindrance to the simulator, which knows the keys of its own client', async () => {
    await start(settings)
    expect((await logIn(journey)).status).toBe(303)
  })

  it('is missed where another address is registered', async () => {
    const registered = await startSimulator({
      clients: [{ clientId: '999999999999.apps.national', jwksUri: `${simulator.url}/keys` }],
    })
    journey = await joinSimulator(registered, settings)
    expect((await logIn(journey)).status).toBe(503)
    expect(registered.requests.at(-1)?.refusal).toBe(`${simulator.url}/keys answered 404`)
    await registered.close()
  })
})

const forgotten: readonly (readonly [string, (cis2: Cis2) => RequestHandler])[] = [
  ['requireLogin', () => requireLogin as RequestHandler],
  ...(
    [
      'router',
      'authenticate',
      'login',
      'callback',
      'logout',
      'loggedOut',
      'session',
      'role',
      'backChannelLogout',
      'jwks',
    ] as const
  ).map((name) => [`cis2.${name}`, (cis2: Cis2) => cis2[name] as RequestHandler] as const),
]

describe('given to Express without being called', () => {
  it.each(forgotten)('%s is an error that says so, and no request that hangs', async (_name, choose) => {
    await start({
      after(app, cis2) {
        app.get('/forgotten', choose(cis2), (_req, res) => void res.send('let in'))
        app.use(((error, _req, res, _next) => {
          res.status(500).send(error.message)
        }) as ErrorRequestHandler)
      },
    })
    const page = await journey.browser.get(`${journey.app.baseUrl}/forgotten`)
    expect([page.status, page.text]).toEqual([
      500,
      expect.stringMatching(/takes no(?:thing| arguments).*\(\)/),
    ])
  })
})

describe('express-session', () => {
  it.each([
    { saveUninitialized: true },
    { resave: true },
    { saveUninitialized: true, resave: true, rolling: true },
    { unset: 'destroy' as const },
  ])('with %j works: a login, a logout, another id each time', async (sessionOptions) => {
    await start({ sessionOptions })
    const id = () =>
      journey.browser.cookies(journey.app.baseUrl).find(({ name }) => name === 'connect.sid')?.value
    await visit('/')
    const before = id()
    expect((await logIn(journey)).status).toBe(303)
    const during = id()
    expect(during).toBeDefined()
    expect(during).not.toBe(before)
    expect((await visit('/private')).status).toBe(200)
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    journey.browser.setCookie(journey.app.baseUrl, 'connect.sid', during ?? '')
    expect((await visit('/private')).status).toBe(302)
  })
})

describe('a route', () => {
  type Row = readonly [path: string, method: 'GET' | 'POST', status: number]
  const routes: readonly Row[] = [
    ['/cis2/login', 'GET', 302],
    ['/cis2/callback', 'GET', 400],
    ['/cis2/logout', 'POST', 303],
    ['/cis2/logged-out', 'GET', 200],
    ['/cis2/jwks', 'GET', 200],
  ]
  const send = (method: string, path: string): Promise<Page> =>
    method === 'GET'
      ? journey.browser.get(journey.app.baseUrl + path)
      : journey.browser.post(journey.app.baseUrl + path, {})

  it.each(routes)(
    'is reached at %s whatever the case and with a slash at its end',
    async (path, method, status) => {
      await start()
      for (const variant of [
        path,
        `${path}/`,
        path.toUpperCase(),
        `${path.replace('cis2', 'Cis2')}/`,
        `${path}?a=/b`,
      ])
        expect([variant, (await send(method, variant)).status]).toEqual([variant, status])
    },
  )

  it.each(routes)('is not reached below or beside %s', async (path, method) => {
    await start()
    const variants = [
      `${path}/x`,
      `${path}//`,
      `${path}x`,
      `/${path}`,
      `${path}/..`,
      path.replace('/cis2', '/cis2/'),
      path.replace('/cis2/', '/cis2%2f'),
      path.replace('cis2', 'ci%732'),
      path.slice(0, -1),
      '/cis2',
      '/cis2/',
    ]
    for (const variant of variants) {
      const { port } = new URL(journey.app.url)
      expect([variant, await rawStatus(Number(port), method, variant)]).toEqual([variant, 404])
    }
  })

  it.each([
    ['login', '/in', 'GET', 302],
    ['callback', '/cis2/callback', 'GET', 400],
    ['logout', '/out', 'POST', 303],
    ['loggedOut', '/bye', 'GET', 200],
    ['jwks', '/keys', 'GET', 200],
  ] as const)('alone answers where it is mounted and not below: %s', async (name, path, method, status) => {
    await start({ mount: (app, cis2) => void app.use(path, cis2[name]()) })
    for (const variant of [path, `${path}/`, path.toUpperCase()])
      expect([variant, (await send(method, variant)).status]).toEqual([variant, status])
    expect((await send(method, `${path}/x`)).status).toBe(404)
  })

  describe.each(['after', 'before'])('of those mounted one by one, with authenticate() %s them,', (order) => {
    const mountEach = (app: Express, cis2: Cis2): void => {
      app.use('/cis2/jwks', cis2.jwks())
      if (order === 'before') app.use(cis2.authenticate())
      for (const name of ['login', 'callback', 'logout', 'role'] as const)
        app.use(`/cis2/${name}`, cis2[name]())
      app.use('/cis2/back-channel-logout', cis2.backChannelLogout())
      app.use(cis2.authenticate())
      app.get('/slow', requireLogin(), async (req, res) => {
        await gate.pass()
        Object.assign(req.session, { touched: true })
        res.send('touched')
      })
    }
    let gate: Gate
    beforeEach(async () => {
      gate = createGate()
      await start({ mount: mountEach })
      await logIn(journey, 'doctor-many-roles')
    })

    it('the login is found by a logout token at once, also in another role', async () => {
      const { browser, app } = journey
      await browser.post(`${app.baseUrl}/cis2/role`, { roleId: '555000002002' })
      expect((await visit('/private')).status).toBe(200)
      await simulator.sendLogoutToken({ person: 'doctor-many-roles' })
      expect((await visit('/private')).status).toBe(302)
    })

    it.each(['logout', 'role'])(
      'no request in flight brings back what the %s route has ended',
      async (route) => {
        const old = journey.browser.clone()
        const inFlight = old.get(`${journey.app.baseUrl}/slow`)
        await gate.reached
        const form = { roleId: '555000002002' }
        expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/${route}`, form)).status).toBe(303)
        gate.open()
        await inFlight
        expect((await old.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
      },
    )
  })

  it('leaves a CORS preflight to the application', async () => {
    await start({ after: (app) => void app.options(/.*/, (_req, res) => void res.status(204).end()) })
    for (const [path] of routes.slice(0, 4)) {
      const page = await journey.browser.send('OPTIONS', journey.app.baseUrl + path, {})
      expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 204, cookies: [] })
    }
  })
})

/** A request line as it is written, which `URL` would tidy up. */
async function rawStatus(port: number, method: string, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'sec-fetch-site': 'same-origin' }
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
      incoming.resume()
      resolve(incoming.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

describe('below a path', () => {
  it('everything leads back to that path, logging out included', async () => {
    journey = await startPublicJourney({
      publicUrl: `${publicApp}/app`,
      mount: (app, cis2) => {
        const inner = express()
        inner.use(cis2.router())
        inner.get('/page', requireLogin(), (req, res) => void res.send(req.cis2.user?.sub))
        app.use('/app', inner)
        app.use('/cis2/jwks', cis2.jwks())
      },
    })
    const { browser, app } = journey
    const asked = await browser.get(`${app.baseUrl}/page?a=b`)
    expect(asked.headers.location).toBe(`/app/cis2/login?returnTo=${encodeURIComponent('/app/page?a=b')}`)
    const login = await browser.get(asked.location ?? '')
    const done = await browser.get(await choosePerson(browser, login.location ?? '', 'nurse'))
    expect(done.headers.location).toBe('/app/page?a=b')
    expect((await browser.get(done.location ?? '')).text).toBe('555000000001')
    const out = await browser.post(`${app.baseUrl}/cis2/logout`, {})
    expect(out.headers.location).toBe('/app/cis2/logged-out')
    expect((await browser.get(out.location ?? '')).text).toContain('href="/app/cis2/login"')
  })
})

describe('two clients in one application', () => {
  let second: Cis2

  beforeEach(async () => {
    await start({
      after: (app, first) => {
        app.get(
          '/first',
          first.authenticate(),
          requireLogin(),
          (req, res) => void res.send(req.cis2.user?.sub),
        )
        app.use('/second-app', (req, res, next) => void second.router()(req, res, next))
        app.get(
          '/second',
          (req, res, next) => void second.authenticate()(req, res, next),
          requireLogin(),
          (req, res) => void res.send(req.cis2.user?.sub),
        )
      },
    })
    second = createCis2({
      issuer: simulator.issuer,
      clientId: secondClient,
      baseUrl: `${journey.app.baseUrl}/second-app`,
      secret: testSecret,
      jwks: testKeys.jwks,
    })
  })
  afterEach(() => second.close())

  it('log in apart: the one’s login is nobody to the other', async () => {
    await logIn(journey)
    expect([(await visit('/first')).status, (await visit('/second')).status]).toEqual([200, 302])
    expect((await visit('/second')).headers.location).toMatch(/^\/second-app\/cis2\/login/)
    const done = await logIn(journey, 'pharmacist', '/second-app/cis2/login')
    expect(done.status).toBe(303)
    expect((await visit('/second')).text).toBe('555000000003')
    expect((await visit('/first')).status).toBe(302)
  })

  it('do not open each other’s attempts, though the secret is the same', async () => {
    const address = await comeBack(journey, 'nurse', '/second-app/cis2/login')
    const strayed = address.replace('/second-app/', '/')
    expect((await journey.browser.get(strayed)).status).toBe(400)
    expect(failures(journey.app.events)).toEqual(['ERR_CIS2_STATE_UNKNOWN'])
    expect((await journey.browser.get(address)).status).toBe(303)
  })

  it('have cookies, keys and health of their own', async () => {
    await visit('/cis2/login')
    await visit('/second-app/cis2/login')
    const names = journey.browser.cookies(journey.app.baseUrl).map(({ name }) => name.split('.')[1])
    expect(new Set(names).size).toBe(2)
    const keys = [await visit('/cis2/jwks'), await visit('/second-app/cis2/jwks')].map(({ text }) => text)
    expect(keys[0]).not.toBe(keys[1])
    await second.close()
    expect(journey.app.cis2.health().ok).toBe(true)
    expect((await logIn(journey)).status).toBe(303)
  })
})
