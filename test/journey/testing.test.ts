import { jest } from '@jest/globals'
import express, { type Express } from 'express'
import session, { type SessionOptions } from 'express-session'
import passport from 'passport'
import request from 'supertest'
import { createCis2, getUser, requireLogin, type Cis2, type Cis2Options } from '../../lib/index.js'
import { Cis2Strategy } from '../../lib/passport/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { logIn } from '../../lib/testing/index.js'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const made: Cis2[] = []
afterEach(async () => {
  jest.restoreAllMocks()
  simulator.clearFaults()
  await Promise.all(made.splice(0).map((cis2) => cis2.close()))
})

const baseUrl = 'http://localhost:3999'
const nurse = '555000000001'

interface Settings extends Partial<Cis2Options> {
  cookie?: SessionOptions['cookie']
  trustProxy?: boolean
  /** Runs in front of everything. */
  before?: (app: Express) => void
  mount?: (app: Express, cis2: Cis2) => void
}

/** An application as a team's own test makes it: it does not listen anywhere. */
function createApp(settings: Settings = {}): Express {
  const { cookie = {}, trustProxy = false, before, mount, ...options } = settings
  const cis2 = createCis2({
    issuer: simulator.issuer,
    ...simulator.client,
    baseUrl,
    secret: 'at least 32 characters, for a test',
    ...options,
  })
  made.push(cis2)
  const app = express()
  if (trustProxy) app.set('trust proxy', 1)
  before?.(app)
  app.use(session({ secret: 'of the session cookie', resave: false, saveUninitialized: false, cookie }))
  if (mount) mount(app, cis2)
  else app.use(cis2.router())
  app.get('/patients', requireLogin(), (req, res) => res.json({ sub: getUser(req).sub, secure: req.secure }))
  return app
}

describe('logIn', () => {
  it.each([
    ['key', 'nurse'],
    ['sub', nurse],
  ])('gives an agent that is logged in, by the person’s %s', async (_by, person) => {
    const agent = await logIn(createApp(), person)
    await agent.get('/patients').expect(200, { sub: nurse, secure: false })
  })

  it('finds a person by name', async () => {
    const name = String(simulator.people.find(({ key }) => key === 'pharmacist')?.claims.name)
    const agent = await logIn(createApp(), name)
    await agent.get('/patients').expect(200, { sub: '555000000003', secure: false })
  })

  it('keeps two people apart', async () => {
    const app = createApp()
    const [one, other] = [await logIn(app, 'nurse'), await logIn(app, 'pharmacist')]
    await one.get('/patients').expect(200, { sub: nurse, secure: false })
    await other.get('/patients').expect(200, { sub: '555000000003', secure: false })
    await request(app).get('/patients').expect(401)
  })

  it('logs an agent in that has cookies already, and returns it', async () => {
    const agent = request.agent(createApp())
    expect(await logIn(agent, 'nurse')).toBe(agent)
    await agent.get('/patients').expect(200)
  })

  it('starts at a page that needs a login', async () => {
    const agent = await logIn(createApp(), 'nurse', { path: '/patients?tab=1' })
    await agent.get('/patients').expect(200)
  })

  it('logs out as a page of the application does', async () => {
    const agent = await logIn(createApp(), 'nurse')
    await agent.post('/cis2/logout').set('Sec-Fetch-Site', 'same-origin').expect(303)
    await agent.get('/patients').expect(401)
  })

  const https: Settings = { baseUrl: 'https://localhost:3999', cookie: { secure: true } }
  it.each<readonly [string, Settings]>([
    ['Secure cookies behind a proxy', { ...https, trustProxy: true }],
    ['Secure cookies without a proxy', https],
    ['an https baseUrl and a plain session cookie', { ...https, cookie: {} }],
    [
      'a redirect of its own from http to https',
      {
        ...https,
        trustProxy: true,
        before: (app) =>
          void app.use((req, res, next) => {
            if (req.secure) next()
            else res.redirect(301, `https://localhost:3999${req.originalUrl}`)
          }),
      },
    ],
    [
      'a redirect by what the proxy says',
      {
        ...https,
        before: (app) =>
          void app.use((req, res, next) => {
            if (req.headers['x-forwarded-proto'] === 'https') next()
            else res.redirect(301, `https://localhost:3999${req.originalUrl}`)
          }),
      },
    ],
  ])('works with %s', async (_what, settings) => {
    const agent = await logIn(createApp(settings), 'nurse')
    await agent.get('/patients').expect(200, { sub: nurse, secure: true })
  })

  it('takes the form_post of CIS2', async () => {
    const agent = await logIn(createApp({ ...https, responseMode: 'form_post' }), 'nurse')
    await agent.get('/patients').expect(200)
  })

  it('finds a simulator that has a public name when it is given', async () => {
    const named = await startSimulator({ issuer: 'https://am.sim.test:443/openam/oauth2/realms/root' })
    const app = createApp({
      issuer: named.issuer,
      ...named.client,
      fetch: (input, init) => {
        const { pathname, search } = new URL(input instanceof Request ? input.url : input)
        return fetch(named.url + pathname + search, init)
      },
    })
    const agent = await logIn(app, 'nurse', { simulator: named })
    await agent.get('/patients').expect(200)
    await expect(logIn(app, 'nurse')).rejects.toThrow(/leads to https:\/\/am\.sim\.test.*options\.simulator/)
    await named.close()
  })

  it('chooses a role where the application asks for one', async () => {
    const scope = 'openid profile nationalrbacaccess selectedrole'
    const app = createApp({
      scope,
      mount: (own, cis2) => {
        own.use(cis2.router())
        own.get('/role', requireLogin(), (req, res) => res.json(getUser(req).selectedRole))
      },
    })
    await expect(logIn(app, 'doctor-many-roles')).rejects.toThrow(
      /several.*options\.role one of '555000002001' \(/,
    )
    await expect(logIn(app, 'doctor-many-roles', { role: '1' })).rejects.toThrow(
      /no role '1'; there are 555000002001,/,
    )
    const agent = await logIn(app, 'doctor-many-roles', { role: '555000002003' })
    await agent.get('/role').expect(200, /"outcome":"selected","role":\{"id":"555000002003"/)
  })

  it('leaves the choice of a role to an application that asks for none, and posts as its page does', async () => {
    const app = createApp({
      mount: (own, cis2) => {
        own.use(cis2.router())
        own.get('/role', requireLogin(), (req, res) => res.json(getUser(req).selectedRole))
      },
    })
    const agent = await logIn(app, 'doctor-many-roles')
    await agent.get('/role').expect(200, /"outcome":"ambiguous"/)
    const choice = { roleId: '555000002003' }
    await agent.post('/cis2/role').set('Sec-Fetch-Site', 'same-origin').send(choice).expect(200)
    await agent.get('/role').expect(200, /"outcome":"selected","role":\{"id":"555000002003"/)
  })

  it('logs an agent in anew that is logged in already', async () => {
    const agent = await logIn(createApp(), 'nurse')
    await logIn(agent, 'pharmacist', { path: '/cis2/login?reauthenticate=true' })
    await agent.get('/patients').expect(200, { sub: '555000000003', secure: false })
  })

  it('logs in to an application on Passport', async () => {
    const app = createApp({
      routes: { login: '/auth', callback: '/auth/callback' },
      mount(own, cis2) {
        const authenticator = new passport.Passport()
        authenticator.serializeUser((user, done) => done(null, user))
        authenticator.deserializeUser((user, done) => done(null, user as Express.User))
        authenticator.use(new Cis2Strategy(cis2))
        own.use(authenticator.initialize(), authenticator.session())
        own.get(['/auth', '/auth/callback'], authenticator.authenticate('cis2', { successRedirect: '/' }))
        own.get('/me', (req, res) => res.json({ sub: req.user?.sub }))
      },
    })
    const agent = await logIn(app, 'nurse', { path: '/auth' })
    await agent.get('/me').expect(200, { sub: nurse })
  })

  it('leaves the clock to the test: a login ends when its time is over', async () => {
    const agent = await logIn(createApp(), 'nurse')
    const now = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 14 * 60_000)
    await agent.get('/patients').expect(200)
    clock.mockReturnValue(now + 30 * 60_000)
    await agent.get('/patients').expect(401)
  })
})

describe('logIn says what is wrong', () => {
  const failures: readonly (readonly [string, RegExp, () => Promise<unknown>])[] = [
    [
      'the person does not exist',
      /^logIn: the simulator says: there is no person 'nurs'; there are nurse, doctor-many-roles,/,
      () => logIn(createApp(), 'nurs'),
    ],
    [
      'the simulator does not know the client',
      /client_id 'another' is not registered; 999999999999\.apps\.national is/,
      () => logIn(createApp({ clientId: 'another' }), 'nurse'),
    ],
    [
      'the login route is elsewhere',
      /^logIn: \/cis2\/login answered 404 .*cis2\.router\(\).*options\.path/,
      () => logIn(createApp({ routes: { login: '/in' } }), 'nurse'),
    ],
    [
      'the agent is logged in already, in an application without a home page',
      /^logIn: \/cis2\/login, by way of \/, answered 404 .*seems to be logged in already: \/cis2\/login led back/,
      async () => logIn(await logIn(createApp(), 'nurse'), 'nurse'),
    ],
    [
      'the agent is logged in already, in an application with one',
      /answered 200 .*seems to be logged in already/,
      async () => {
        const app = createApp({ before: (own) => void own.get('/', (_req, res) => res.send('home')) })
        return logIn(await logIn(app, 'nurse'), 'nurse')
      },
    ],
    [
      'what createApp returns has the application in it',
      /^logIn: takes an Express app or a supertest agent; did you mean createApp\(…\)\.app\?$/,
      () => logIn(JSON.parse('{ "app": {}, "cis2": {} }'), 'nurse'),
    ],
    [
      'the application is a promise',
      /supertest agent; this is a promise of something: await it first\.$/,
      () => logIn(JSON.parse('{ "then": null }'), 'nurse'),
    ],
    ['there is no application', /supertest agent; this is null\.$/, () => logIn(JSON.parse('null'), 'nurse')],
    [
      'a role is given and the application asks CIS2 for none',
      /^logIn: options\.role was given, and the app does not ask CIS2 for a role: .*post to \/cis2\/role/,
      () => logIn(createApp(), 'doctor-many-roles', { role: '555000002003' }),
    ],
    [
      'a role is given that is not the person’s, who has one',
      /nurse has no role '1'; there are 555000001001/,
      () => logIn(createApp({ role: { choose: 'cis2' } }), 'nurse', { role: '1' }),
    ],
    [
      'a role is given and CIS2 always selects another',
      /CIS2 always selects the role '\d*' for [\w-]+: choose no other/,
      () => {
        const { key } = simulator.people.find(({ selectedRoleId }) => selectedRoleId !== undefined) ?? {}
        return logIn(createApp({ role: { choose: 'cis2' } }), key ?? '', { role: '1' })
      },
    ],
    [
      'the page is open to everybody',
      /answered 200 .*open to everybody/,
      () =>
        logIn(createApp({ before: (app) => void app.get('/', (_req, res) => res.send('home')) }), 'nurse', {
          path: '/',
        }),
    ],
    [
      'the application leads elsewhere',
      /leads to http:\/\/localhost:1\/login, which is neither/,
      () =>
        logIn(
          createApp({
            before: (app) => void app.get('/x', (_req, res) => res.redirect('http://localhost:1/login')),
          }),
          'nurse',
          { path: '/x' },
        ),
    ],
    [
      'the application goes in circles',
      /redirected more than 10 times/,
      () =>
        logIn(
          createApp({ before: (app) => void app.get('/x', (_req, res) => res.redirect('/x')) }),
          'nurse',
          { path: '/x' },
        ),
    ],
    [
      'CIS2 cannot be found',
      /answered 503 with ERR_CIS2_DISCOVERY_UNAVAILABLE .*docs\/errors\.md#err_cis2_discovery_unavailable/,
      () => {
        simulator.setFault('discovery.status', 500)
        return logIn(createApp(), 'nurse')
      },
    ],
    [
      'the login leads to another simulator than the one given',
      /leads to http:\/\/127\.0\.0\.1:\d+, and options\.simulator is http:\/\/127\.0\.0\.1:9/,
      () => logIn(createApp(), 'nurse', { simulator: { ...simulator, issuer: 'http://127.0.0.1:9/realm' } }),
    ],
    [
      'the simulator has been closed',
      /no simulator answers at http:\/\/127\.0\.0\.1:\d+\. Start it before/,
      async () => {
        const closed = await startSimulator()
        const app = createApp({ issuer: closed.issuer, ...closed.client })
        await request(app).get('/cis2/login').set('Accept', 'text/html').expect(302)
        await closed.close()
        return logIn(app, 'nurse')
      },
    ],
    [
      'another server stands where the simulator should be',
      /answered 200 and is no simulator/,
      () => {
        simulator.setFault('authorize.html')
        return logIn(createApp(), 'nurse')
      },
    ],
    [
      'the application refuses the person',
      /^logIn: the app answered 403 with ERR_CIS2_IDENTITY_ASSURANCE at its callback \/cis2\/callback\. See docs/,
      () => logIn(createApp(), 'low-identity'),
    ],
    [
      'CIS2 refuses the request',
      /with ERR_CIS2_AUTHORIZATION_REFUSED .*CIS2 had answered invalid_scope: Unknown\/invalid scope/,
      () => logIn(createApp({ scope: 'openid nonsense' }), 'nurse'),
    ],
    [
      'the simulator refuses the client assertion',
      /with ERR_CIS2_CLIENT_REFUSED .*The simulator says: aud /,
      () =>
        logIn(createApp({ clientAssertionAudience: 'https://elsewhere.example' }), 'nurse', { simulator }),
    ],
    [
      'an agent over http cannot keep Secure cookies',
      /ERR_CIS2_ATTEMPT_COOKIE_MISSING .*give logIn the app/,
      () => logIn(request.agent(createApp({ baseUrl: 'https://localhost:3999' })), 'nurse'),
    ],
    [
      'an agent over http meets an application that wants https',
      /works over https only\. Give logIn the app/,
      () =>
        logIn(
          request.agent(createApp({ baseUrl: 'https://localhost:3999', cookie: { secure: true } })),
          'nurse',
        ),
    ],
    [
      'the callback is not where redirectUri says',
      /answered 404 at its callback \/cis2\/callback\. The callback route/,
      () => logIn(createApp({ mount: (app, cis2) => void app.use('/cis2/login', cis2.login()) }), 'nurse'),
    ],
    [
      'the application takes https for http',
      /takes https for http/,
      () =>
        logIn(
          createApp({
            baseUrl: 'https://localhost:3999',
            cookie: { secure: true },
            before: (app) =>
              void app.use((req, _res, next) => {
                Object.defineProperty(req, 'secure', { value: false })
                next()
              }),
          }),
          'nurse',
        ),
    ],
  ]
  it.each(failures)('when %s', async (_what, message, attempt) => {
    await expect(attempt()).rejects.toThrow(message)
  })
})
