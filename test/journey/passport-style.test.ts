import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { createCis2, type Cis2 } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import { testKeys, testSecret } from '../support/keys.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

const nurse = '555000000001'
const members = ['user', 'isAuthenticated', 'isUnauthenticated', 'logout'] as const

/** What the members say, as an application without our types sees them. */
function look(req: Request, res: Response): void {
  const user: unknown = Reflect.get(req, 'user')
  res.json({
    user: typeof user === 'object' && user !== null ? Reflect.get(user, 'sub') : (user ?? null),
    is: typeof req.isAuthenticated === 'function' ? req.isAuthenticated() : null,
    not: typeof req.isUnauthenticated === 'function' ? req.isUnauthenticated() : null,
  })
}

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, {
    ...settings,
    after(app, cis2) {
      app.get('/look', look)
      settings.after?.(app, cis2)
    },
  })
}

async function seen(path = '/look'): Promise<unknown> {
  return JSON.parse((await journey.browser.get(journey.app.baseUrl + path)).text)
}

const nobody = { user: null, is: false, not: true }
const somebody = { user: nurse, is: true, not: false }
const nothing = { user: null, is: null, not: null }

describe('the members of Passport', () => {
  it('say who is logged in, and after a logout nobody', async () => {
    await start({
      after: (app) =>
        void app.get('/leave', (req, res, next) => {
          req.logout((error) => (error ? next(error) : look(req, res)))
        }),
    })
    expect(await seen()).toEqual(nobody)
    await logIn(journey)
    expect(await seen()).toEqual(somebody)
    expect(await seen('/leave')).toEqual(nobody)
    expect(await seen()).toEqual(nobody)
  })

  it('are on the prototype of the application’s requests, and no request carries them itself', async () => {
    let own: readonly (string | symbol)[] = []
    await start({
      after: (app) =>
        void app.get('/own', (req, res) => {
          own = Reflect.ownKeys(req).filter((key) => members.some((name) => name === key))
          look(req, res)
        }),
    })
    await logIn(journey)
    expect(await seen('/own')).toEqual(somebody)
    expect(own).toEqual([])
    for (const name of members) {
      expect(Object.hasOwn(journey.app.app.request, name)).toBe(true)
      expect(Object.hasOwn(express.request, name)).toBe(false)
    }
  })

  it('are on no request when switched off', async () => {
    await start({ passportStyle: false })
    await logIn(journey)
    expect(await seen()).toEqual(nothing)
    expect(members.filter((name) => name in journey.app.app.request)).toEqual([])
  })

  it('leave alone what a request has of its own', async () => {
    await start({
      before: (app) =>
        void app.use((req, _res, next) => {
          Object.assign(req, { user: 'from another login', isAuthenticated: () => 'own' })
          next()
        }),
    })
    await logIn(journey)
    expect(await seen()).toEqual({ user: 'from another login', is: 'own', not: false })
  })

  it('leave alone what the application’s prototype has', async () => {
    await start({
      before: (app) => void Object.assign(app.request, { isAuthenticated: () => 'own', logout: () => 'own' }),
    })
    await logIn(journey)
    expect(await seen()).toEqual({ user: nurse, is: 'own', not: false })
    expect(Reflect.get(journey.app.app.request, 'logout')).toEqual(expect.any(Function))
    expect((Reflect.get(journey.app.app.request, 'logout') as () => unknown)()).toBe('own')
  })

  it('give way to whoever sets a user, on that request and no other', async () => {
    await start({
      after: (app) =>
        void app.get('/set', (req, res) => {
          Object.assign(req, { user: { sub: 'set' } })
          look(req, res)
        }),
    })
    await logIn(journey)
    expect(await seen('/set')).toMatchObject({ user: 'set' })
    expect(await seen()).toEqual(somebody)
  })

  it('give way to a Passport that is mounted afterwards', async () => {
    await start({
      after: (app) => {
        // What passport.initialize() and session() of Passport 0.7 do to a request.
        app.use((req, _res, next) => {
          Object.assign(req, {
            isAuthenticated: () => true,
            isUnauthenticated: () => false,
            logout: () => undefined,
            user: { sub: 'passport' },
          })
          next()
        })
        app.get('/passport', look)
      },
    })
    expect(await seen('/passport')).toEqual({ user: 'passport', is: true, not: false })
    expect(await seen()).toEqual(nobody)
  })

  it('are not there on a request that never passed the middleware', async () => {
    await start({
      before: (app) => void app.get('/early', look),
      mount: (app, cis2) => {
        app.get('/aside', look)
        app.use(cis2.router())
      },
    })
    expect(await seen('/early')).toEqual(nothing)
    await logIn(journey)
    // Also when other requests have been through: other middleware must be able to bring its own.
    expect(await seen('/early')).toEqual(nothing)
    expect(await seen('/aside')).toEqual(nothing)
    expect(await seen()).toEqual(somebody)
  })

  it.each<readonly [string, (app: Express, inner: Express, cis2: Cis2) => void]>([
    [
      'mounted in the parent',
      (app, inner, cis2) => {
        app.use(cis2.router())
        app.use('/inner', inner)
      },
    ],
    [
      'mounted in the sub-application too',
      (app, inner, cis2) => {
        app.use(cis2.router())
        app.use('/inner', inner)
        inner.use(cis2.authenticate())
      },
    ],
    [
      'mounted in the sub-application only, its routes in the parent',
      (app, inner, cis2) => {
        app.use('/cis2', (req, res, next) => {
          req.url = `/cis2${req.url}`
          cis2.router()(req, res, next)
        })
        inner.use(cis2.authenticate())
        app.use('/inner', inner)
      },
    ],
  ])('are there in a sub-application: %s', async (_what, mount) => {
    const inner = express()
    await start({ mount: (app, cis2) => mount(app, inner, cis2) })
    inner.get('/look', look)
    inner.get('/leave', (req: Request, res: Response, next: NextFunction) => {
      req.logout((error) => (error ? next(error) : look(req, res)))
    })
    await logIn(journey)
    expect(await seen('/inner/look')).toEqual(somebody)
    expect(await seen('/inner/leave')).toEqual(nobody)
    expect(await seen('/inner/look')).toEqual(nobody)
  })

  it('of two instances are those of the one that the request passed last', async () => {
    let second: Cis2 | undefined
    await start({
      after: (app) => {
        app.get('/second', (req, res, next) => void second?.authenticate()(req, res, next), look)
      },
    })
    const { baseUrl } = journey.app
    const { jwks } = testKeys
    const options = { issuer: simulator.issuer, baseUrl, secret: testSecret, jwks }
    second = createCis2({ ...options, clientId: 'second' })
    await logIn(journey)
    expect(await seen('/second')).toEqual(nobody)
    expect(await seen()).toEqual(somebody)
    await second.close()
    second = createCis2({ ...options, clientId: 'second', passportStyle: false })
    expect(await seen('/second')).toEqual(nothing)
    await second.close()
  })

  it('hand the failure of a logout to the callback', async () => {
    await start({
      after: (app) => {
        app.post('/leave', (req, res) => {
          // As connect-redis would: the store is asked, and says no.
          req.sessionStore.destroy = (_sid, done) => void setImmediate(() => done?.(new Error('store')))
          req.logout((error) => res.send(error instanceof Error ? error.message : 'left'))
        })
      },
    })
    await logIn(journey)
    const page = await journey.browser.post(`${journey.app.baseUrl}/leave`, {})
    expect(page.text).toContain('ERR_CIS2_SESSION_DESTROY')
  })

  it('take Passport’s options before the callback', async () => {
    await start({
      after: (app) => {
        app.get('/leave', (req, res) => {
          Reflect.apply(req.logout, req, [{ keepSessionInfo: true }, () => look(req, res)])
        })
      },
    })
    await logIn(journey)
    expect(await seen('/leave')).toEqual(nobody)
  })
})
