import { jest } from '@jest/globals'
import type { ErrorRequestHandler } from 'express'
import type passport from 'passport'
import { Cis2Error, createCis2, type Cis2Options } from '../../lib/index.js'
import { Cis2Strategy } from '../../lib/passport/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Page } from '../support/browser.js'
import { comeBack, joinSimulator, logIn as logInAt, type Journey } from '../support/login.js'
import { callbackPath, loginPath, onPassport, type PassportAppSettings } from '../support/passport-app.js'

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  simulator.clearFaults()
  await journey.close()
})

const nurse = '555000000001'
let thrown: unknown

const noteError: ErrorRequestHandler = (error, _req, res, _next) => {
  thrown = error
  res.status(error instanceof Cis2Error ? error.status : 500).send('the application’s error page')
}

async function start(settings: PassportAppSettings = {}): Promise<void> {
  thrown = undefined
  const { extend } = settings
  journey = await joinSimulator(
    simulator,
    onPassport({
      ...settings,
      extend(app, own, cis2) {
        extend?.(app, own, cis2)
        app.use(noteError)
      },
    }),
  )
}

const logIn = (person = 'nurse', path = loginPath): Promise<Page> => logInAt(journey, person, path)
const callbackOf = (person = 'nurse', path = loginPath): Promise<string> => comeBack(journey, person, path)
const eventsNamed = (name: string): readonly object[] =>
  journey.app.events.filter((event) => event.name === name)

async function who(): Promise<{ user: { sub?: string; name?: string } | null; is: boolean }> {
  return JSON.parse((await journey.browser.get(`${journey.app.baseUrl}/who`)).text)
}

function cookieNamed(name: string): string | undefined {
  return journey.browser.cookies(journey.app.baseUrl).find((cookie) => cookie.name === name)?.value
}

describe('a login with the Passport strategy', () => {
  it('makes the person req.user, in a session of Passport’s with a new id', async () => {
    await start({
      extend: (app) =>
        void app.get('/visit', (req, res) => res.send(String(Object.assign(req.session, { a: 1 }).a))),
    })
    await journey.browser.get(`${journey.app.baseUrl}/visit`)
    const before = cookieNamed('connect.sid')
    const done = await logIn('nurse', `${loginPath}?returnTo=%2Fwho%3Ftab%3D1`)
    expect([done.status, done.headers.location]).toEqual([302, '/who?tab=1'])
    expect(before).toEqual(expect.any(String))
    expect(cookieNamed('connect.sid')).not.toBe(before)
    expect(await who()).toMatchObject({ is: true, user: { sub: nurse, selectedRole: { outcome: 'only' } } })
    expect(eventsNamed('login.started')).toHaveLength(1)
    expect(eventsNamed('login.succeeded')).toMatchObject([
      { route: 'callback', outcome: 'success', sub: nurse, authenticationAssuranceLevel: 3 },
    ])
  })

  it('sends what the library’s own routes send: state, nonce, PKCE and a sealed cookie', async () => {
    await start()
    const page = await journey.browser.get(journey.app.baseUrl + loginPath)
    const query = new URL(page.location ?? '').searchParams
    expect(page.status).toBe(302)
    expect(query.get('redirect_uri')).toBe(journey.app.baseUrl + callbackPath)
    expect(query.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{32,}$/)
    expect(page.cookies).toEqual([expect.stringMatching(/^cis2\..*; HttpOnly; SameSite=Lax$/)])
    expect(page.headers['cache-control']).toBe('no-store')
  })

  it('ends with req.logout(done), and the old cookie is nobody’s', async () => {
    await start()
    await logIn()
    const copy = journey.browser.clone()
    const left = await journey.browser.post(`${journey.app.baseUrl}/leave`, {})
    expect(left.status).toBe(302)
    expect(await who()).toMatchObject({ user: null, is: false })
    expect(JSON.parse((await copy.get(`${journey.app.baseUrl}/who`)).text)).toMatchObject({ is: false })
  })

  it('needs no session for an application that asks for none', async () => {
    await start({
      sessionOptions: false,
      callback: (own) => own.authenticate('cis2', { session: false }),
      extend: (app, own) => void app.get('/auth/in', own.authenticate('cis2', { session: false })),
    })
    const done = await logIn('nurse', '/auth/in')
    expect([thrown, done.headers.location]).toEqual([undefined, '/'])
  })

  it('takes the form_post of CIS2', async () => {
    await start({ responseMode: 'form_post', publicUrl: 'https://localhost:3999' })
    const own = await journey.browser.send('GET', journey.app.url + loginPath, {
      'x-forwarded-proto': 'https',
      'sec-fetch-mode': 'navigate',
    })
    expect(own.cookies[0]).toMatch(/^__Host-.*; Secure; SameSite=None$/)
    const answer = await journey.browser.send(
      'POST',
      own.location ?? '',
      { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      'person=nurse',
    )
    const { parameters } = JSON.parse(answer.text)
    const done = await journey.browser.send(
      'POST',
      journey.app.url + callbackPath,
      {
        'x-forwarded-proto': 'https',
        cookie: own.cookies[0]?.split(';')[0] ?? '',
        'content-type': 'application/x-www-form-urlencoded',
      },
      new URLSearchParams(parameters).toString(),
    )
    expect([thrown, done.status, done.headers.location]).toEqual([undefined, 302, '/'])
  })

  it('verifies a double click once, and both requests log in', async () => {
    await start()
    const address = await callbackOf()
    simulator.requests.clear()
    const pages = await Promise.all([journey.browser.get(address), journey.browser.get(address)])
    expect(pages.map(({ status }) => status)).toEqual([302, 302])
    expect(simulator.requests.count('token')).toBe(1)
    expect(await who()).toMatchObject({ is: true })
  })

  it('leads somebody who is logged in from the used callback to where that login led', async () => {
    await start()
    const address = await callbackOf('nurse', `${loginPath}?returnTo=/who`)
    await journey.browser.get(address)
    const again = await journey.browser.get(address)
    expect([again.status, again.headers.location]).toEqual([303, '/who'])
    await journey.browser.post(`${journey.app.baseUrl}/leave`, {})
    expect((await journey.browser.get(address)).status).toBe(400)
    expect(eventsNamed('login.failed')).toMatchObject([{ reason: 'ERR_CIS2_ATTEMPT_USED' }])
  })

  it('never mixes two people up when the strategy itself is given to passport.authenticate()', async () => {
    let strategy: Cis2Strategy | undefined
    await start({
      callback: (own) => (req, res, next) => void own.authenticate(strategy ?? 'cis2')(req, res, next),
      extend: (_app, _own, cis2) => void (strategy = new Cis2Strategy(cis2)),
    })
    const people = { nurse: journey.browser, pharmacist: journey.anotherBrowser() }
    const addresses: Record<string, string> = {}
    for (const [person, browser] of Object.entries(people))
      addresses[person] = await comeBack({ app: journey.app, browser }, person, loginPath)
    simulator.setFault('token.delay', 100)
    await Promise.all(Object.entries(people).map(([person, browser]) => browser.get(addresses[person] ?? '')))
    const found = await Promise.all(
      Object.values(people).map(async (browser) =>
        JSON.parse((await browser.get(`${journey.app.baseUrl}/who`)).text),
      ),
    )
    expect(found.map(({ user }) => user?.sub)).toEqual([nurse, '555000000003'])
  })
})

describe('a refused login with the Passport strategy', () => {
  const refusals: readonly (readonly [string, number, string, () => Promise<string>])[] = [
    [
      'a state of another browser',
      400,
      'ERR_CIS2_ATTEMPT_COOKIE_MISSING',
      () => comeBack({ app: journey.app, browser: journey.anotherBrowser() }, 'nurse', loginPath),
    ],
    [
      'a state that is none of ours',
      400,
      'ERR_CIS2_STATE_UNKNOWN',
      async () => (await callbackOf()).replace(/state=.{10}/, 'state=AAAAAAAAAA'),
    ],
    [
      'a spoilt signature',
      400,
      'ERR_CIS2_ID_TOKEN_SIGNATURE',
      () => {
        simulator.setFault('idTokenSignature', 'bit-flipped')
        return callbackOf()
      },
    ],
    [
      'another nonce',
      400,
      'ERR_CIS2_ID_TOKEN_NONCE',
      () => {
        simulator.setFault('idTokenClaims', { nonce: 'another' })
        return callbackOf()
      },
    ],
    ['too low an identity', 403, 'ERR_CIS2_IDENTITY_ASSURANCE', () => callbackOf('low-identity')],
    ['too low an authentication', 403, 'ERR_CIS2_AUTHENTICATION_ASSURANCE', () => callbackOf('aal2-only')],
    ['a person who cancels', 400, 'ERR_CIS2_LOGIN_CANCELLED', () => callbackOf('cancel')],
  ]

  it.each(refusals)('fails with %s: status %i, %s', async (_what, status, code, come) => {
    let info: unknown
    await start({
      minimumAuthenticationAssurance: 3,
      callback: (own) => (req, res, next) => {
        const answer: passport.AuthenticateCallback = (error, user, challenge, given) => {
          info = challenge
          if (error) next(error)
          else res.status(Number(given)).json({ user })
        }
        own.authenticate('cis2', answer)(req, res, next)
      },
    })
    const page = await journey.browser.get(await come())
    expect([thrown, page.status, page.text]).toEqual([undefined, status, '{"user":false}'])
    expect(info).toMatchObject({ type: 'error', status, code, error: { code } })
    const [event] = eventsNamed('login.failed')
    expect(event).toMatchObject({
      reason: code,
      route: 'callback',
      reference: Reflect.get(Object(info), 'reference'),
    })
    expect(Object.keys(Object(info))).not.toContain('error')
    expect(await who()).toMatchObject({ is: false })
  })

  it('goes where failureRedirect says, with the message for the person', async () => {
    await start({
      authenticateOptions: { failureRedirect: '/sorry', failureMessage: true },
      extend: (app) => void app.get('/sorry', (req, res) => res.json(Reflect.get(req.session, 'messages'))),
    })
    const page = await journey.browser.get(await callbackOf('low-identity'))
    expect([page.status, page.headers.location]).toEqual([302, '/sorry'])
    const { text } = await journey.browser.get(page.location ?? '')
    expect(JSON.parse(text)).toEqual([expect.stringMatching(/^[A-Z].*\.$/)])
    expect(text).not.toContain('ERR_CIS2')
  })

  it('has the plain status when the application says nothing about it', async () => {
    await start()
    const page = await journey.browser.get(await callbackOf('low-identity'))
    expect([page.status, page.text]).toEqual([403, 'Forbidden'])
  })

  it('is spent: the same callback does not work when the fault is gone', async () => {
    await start()
    simulator.setFault('idTokenSignature', 'bit-flipped')
    const address = await callbackOf()
    expect((await journey.browser.get(address)).status).toBe(400)
    simulator.clearFaults()
    expect((await journey.browser.get(address)).status).toBe(400)
    expect(await who()).toMatchObject({ is: false })
  })

  it('comes too late after ten minutes', async () => {
    await start()
    const address = await callbackOf()
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 11 * 60_000)
    const page = await journey.browser.get(address)
    expect([page.status, eventsNamed('login.failed')]).toMatchObject([
      400,
      [{ reason: 'ERR_CIS2_ATTEMPT_EXPIRED' }],
    ])
  })

  it.each([
    ['a script', { 'sec-fetch-mode': 'cors' }, 401, 'ERR_CIS2_LOGIN_NOT_NAVIGATION'],
    ['a prefetch', { 'sec-purpose': 'prefetch' }, 503, undefined],
  ])('is what %s gets on the login path', async (_who, headers, status, reason) => {
    await start()
    const page = await journey.browser.get(journey.app.baseUrl + loginPath, headers as Record<string, string>)
    expect([page.status, page.cookies]).toEqual([status, []])
    expect(eventsNamed('login.failed')).toMatchObject(
      reason === undefined ? [] : [{ reason, route: 'login' }],
    )
  })

  it('spends nothing on HEAD', async () => {
    await start()
    const address = await callbackOf()
    const head = await journey.browser.send('HEAD', address, { 'sec-fetch-mode': 'navigate' })
    expect([head.status, head.cookies]).toEqual([405, []])
    expect((await journey.browser.get(address)).status).toBe(302)
  })

  it('is a callback that arrives at another path than that of redirectUri', async () => {
    await start()
    const address = (await callbackOf()).replace(callbackPath, loginPath)
    const page = await journey.browser.get(address)
    expect([page.status, page.location]).toEqual([400, undefined])
    expect(eventsNamed('login.failed')).toMatchObject([{ reason: 'ERR_CIS2_CALLBACK_PATH' }])
  })
})

describe('a fault with the Passport strategy', () => {
  it('goes to the application’s error handler, with a status and a reference', async () => {
    await start()
    const address = await callbackOf()
    simulator.setFault('token.status', 500)
    const page = await journey.browser.get(address)
    expect([page.status, page.text]).toEqual([503, 'the application’s error page'])
    expect(thrown).toMatchObject({ code: 'ERR_CIS2_TOKEN_UNAVAILABLE' })
    expect(eventsNamed('login.failed')).toMatchObject([
      { reference: Reflect.get(Object(thrown), 'reference') },
    ])
  })

  it('in the application’s own callback goes to its error handler', async () => {
    const failure = new Error('the database is gone')
    await start({
      callback: (own) => (req, res, next) => {
        const answer: passport.AuthenticateCallback = (error) => {
          if (!error) throw failure
          next(error)
        }
        own.authenticate('cis2', answer)(req, res, next)
      },
    })
    expect((await logIn()).status).toBe(500)
    expect(thrown).toBe(failure)
  })

  it('is a missing session, named before the person goes to CIS2', async () => {
    await start({ sessionOptions: false })
    const page = await journey.browser.get(journey.app.baseUrl + loginPath)
    expect([page.status, page.cookies, thrown]).toMatchObject([500, [], { code: 'ERR_CIS2_SESSION_MISSING' }])
  })

  it('is the library’s own req.isAuthenticated() in the way of Passport’s', async () => {
    await start({
      extend: (app, own, cis2) => void app.get('/both', cis2.authenticate(), own.authenticate('cis2')),
    })
    await journey.browser.get(`${journey.app.baseUrl}/both`)
    expect(thrown).toMatchObject({ problems: [{ option: 'passportStyle' }] })
    await journey.close()
    await start({
      passportStyle: false,
      extend: (app, own, cis2) => void app.get('/both', cis2.authenticate(), own.authenticate('cis2')),
    })
    expect((await journey.browser.get(`${journey.app.baseUrl}/both`)).status).toBe(302)
  })
})

describe('the verify callback', () => {
  it('gets request, person and tokens, and says who req.user is', async () => {
    let seen: readonly unknown[] = []
    await start({
      verify(req, user, tokens, done) {
        seen = [req.path, user.sub, tokens.idToken.split('.').length, tokens.accessToken]
        done(null, { ...user, name: 'renamed' }, { isNew: true })
      },
      callback: (own) => own.authenticate('cis2'),
    })
    await logIn()
    expect(seen).toEqual([callbackPath, nurse, 3, expect.any(String)])
    expect(await who()).toMatchObject({ user: { sub: nurse, name: 'renamed' } })
  })

  it.each([false, undefined, null] as const)('refuses with done(null, %s)', async (user) => {
    await start({ verify: (_req, _user, _tokens, done) => done(null, user, { message: 'Not on the list.' }) })
    const page = await logIn()
    expect([page.status, thrown]).toEqual([403, undefined])
    expect(eventsNamed('login.failed')).toMatchObject([{ reason: 'ERR_CIS2_ACCESS_DENIED', sub: nurse }])
    expect(eventsNamed('login.succeeded')).toEqual([])
    expect(await who()).toMatchObject({ is: false })
  })

  it('hands its own message to failureMessage', async () => {
    await start({
      verify: (_req, _user, _tokens, done) => done(null, false, { message: 'Not on the list.' }),
      authenticateOptions: { failureRedirect: '/sorry', failureMessage: true },
    })
    await logIn()
    expect(await who()).toMatchObject({ session: { messages: ['Not on the list.'] } })
  })

  const failure = new Error('the database is gone')
  it.each<readonly [string, PassportAppSettings['verify']]>([
    ['gives an error to done', (_req, _user, _tokens, done) => done(failure)],
    [
      'throws',
      () => {
        throw failure
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])('that %s fails with that very error', async (_what, verify) => {
    await start(verify ? { verify } : {})
    expect((await logIn()).status).toBe(500)
    expect(thrown).toBe(failure)
    expect(eventsNamed('login.failed')).toMatchObject([{ reason: 'ERR_CIS2_UNEXPECTED', sub: nurse }])
    expect(await who()).toMatchObject({ is: false })
  })

  // `next` with nothing would go on to what the login guards.
  it.each([undefined, null, false, 0, '', 'route', 'router'])(
    'that rejects with %p, which is no error, lets nobody through',
    async (value) => {
      const fails = (): never => {
        throw value
      }
      await start({ verify: () => Promise.resolve().then(fails) })
      expect((await logIn()).status).toBe(500)
      expect(thrown).toBeInstanceOf(Error)
      expect(await who()).toMatchObject({ is: false })
    },
  )

  it.each([false, 0, '', 'route'])('that gives %p to done as an error lets nobody through', async (value) => {
    await start({ verify: (_req, user, _tokens, done) => done(value, user) })
    expect((await logIn()).status).toBe(500)
    expect(thrown).toBeInstanceOf(Error)
    expect(await who()).toMatchObject({ is: false })
  })

  it('is heard once', async () => {
    await start({
      verify(_req, user, _tokens, done) {
        done(null, user)
        done(null, false)
        done(failure)
      },
    })
    expect((await logIn()).headers.location).toBe('/')
    expect(thrown).toBeUndefined()
  })
})

describe('two strategies at once', () => {
  it('do not take each other’s attempts, and each logs in its own way', async () => {
    let passportOf: passport.PassportStatic | undefined
    await start({
      extend(app, own, cis2) {
        app.get('/second', (req, res, next) => void own.authenticate('second')(req, res, next))
        app.get(
          '/second/callback',
          (req, res, next) => void own.authenticate('second')(req, res, next),
          (_req, res) => {
            res.send('second')
          },
        )
        app.use('/second/jwks', cis2.jwks())
        passportOf = own
      },
    })
    const { baseUrl } = journey.app
    const { clientId, jwks } = simulator.client
    const options: Cis2Options = {
      issuer: simulator.issuer,
      clientId,
      jwks,
      baseUrl,
      secret: 'the other secret of these tests, long enough',
      redirectUri: `${baseUrl}/second/callback`,
    }
    const second = createCis2(options)
    const strategy = new Cis2Strategy(second, (_req, user, _tokens, done) =>
      done(null, { ...user, name: 'second' }),
    )
    passportOf?.use('second', strategy)
    const address = await callbackOf()
    const other = await callbackOf('pharmacist', '/second')
    expect((await journey.browser.get(address)).status).toBe(302)
    expect((await who()).user?.sub).toBe(nurse)
    expect((await journey.browser.get(other)).text).toBe('second')
    expect((await who()).user).toMatchObject({ sub: '555000000003', name: 'second' })
    const crossed = (await callbackOf()).replace(callbackPath, '/second/callback')
    expect((await journey.browser.get(crossed)).status).toBe(400)
    await second.close()
  })
})

describe('new Cis2Strategy()', () => {
  it('says what it takes', async () => {
    await start()
    const make = (cis2: unknown, verify?: unknown) => () =>
      Reflect.construct(Cis2Strategy, verify === undefined ? [cis2] : [cis2, verify])
    for (const wrong of [undefined, null, {}, 'cis2', Promise.resolve(journey.app.cis2)])
      expect(make(wrong)).toThrow(/createCis2\(\)/)
    expect(make(journey.app.cis2, 'verify')).toThrow(/verify callback/)
    expect(make(journey.app.cis2)).not.toThrow()
  })
})
