import { jest } from '@jest/globals'
import type { Express, NextFunction, Request, Response } from 'express'
import session from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { requireLogin, type Cis2Event } from '../../lib/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { eventNames } from '../support/event-names.js'
import { accepted, judge, reset } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

// An application around the library that is itself at fault.

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, settings)
  reset(journey)
}

const at = (path: string): string => `${journey.app.baseUrl}${path}`

/** A login, a page, a refused callback, a logout and a logout by CIS2: what each is answered with. */
async function liveThrough(): Promise<readonly number[]> {
  const { browser, app } = journey
  const first = await logIn(journey)
  const page = await browser.get(at('/private'))
  const refused = await browser.get(`${at('/cis2/callback')}?state=unknown&code=unknown`)
  const out = await browser.post(at('/cis2/logout'), {})
  await logIn({ app, browser })
  const ended = await simulator.sendLogoutToken()
  const after = await browser.get(at('/private'))
  return [first.status, page.status, refused.status, out.status, ended.status, after.status]
}
const asUsual = [303, 200, 400, 303, 200, 302]

describe('a listener of the audit stream', () => {
  const blockMs = 300
  const listeners: readonly [string, (event: Cis2Event) => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('the listener threw')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('the listener rejected'))],
    ['never settles', () => new Promise(() => undefined)],
    [
      'takes its time',
      () => {
        const until = performance.now() + blockMs
        while (performance.now() < until);
      },
    ],
  ]

  it.each(listeners)('that %s changes no answer and hangs no request', async (_what, listener) => {
    await start()
    for (const name of eventNames) journey.app.cis2.events.on(name, listener as (event: Cis2Event) => void)
    expect(await liveThrough()).toEqual(asUsual)
  })
})

describe('a session store', () => {
  type Calls = session.MemoryStore
  type Ending = 'resolves' | 'rejects'

  /** Calls back as every store does, and returns a promise as well. */
  class PromisingStore extends session.MemoryStore {
    readonly #ending: Ending

    constructor(ending: Ending) {
      super()
      this.#ending = ending
    }

    override set(...[id, data, done]: Parameters<Calls['set']>): unknown {
      super.set(id, data, done)
      return this.#end()
    }

    override destroy(...[id, done]: Parameters<Calls['destroy']>): unknown {
      super.destroy(id, done)
      // express-session itself calls this one at a regeneration, and nobody could hear a rejection.
      return Promise.resolve()
    }

    async #end(): Promise<void> {
      if (this.#ending === 'rejects') throw new Error('the store rejected')
      await Promise.resolve()
    }
  }

  it('that calls back and returns a promise too is believed once', async () => {
    await start({ sessionOptions: { store: new PromisingStore('resolves') } })
    expect(await liveThrough()).toEqual(asUsual)
  })

  it('that calls back and then rejects is one answer, and no unhandled rejection', async () => {
    const heard: unknown[] = []
    const hear = (error: unknown): void => void heard.push(error)
    process.on('unhandledRejection', hear)
    try {
      await start({ sessionOptions: { store: new PromisingStore('rejects') } })
      const page = await logIn(journey)
      expect([303, 503]).toContain(page.status)
      expect((await journey.browser.get(at('/private'))).status).toBe(page.status === 303 ? 200 : 302)
      await new Promise((resolve) => setImmediate(resolve))
      expect(heard).toEqual([])
    } finally {
      process.off('unhandledRejection', hear)
    }
  })
})

describe('an application that has answered already, and goes on', () => {
  const paths = ['login', 'callback', 'logged-out', 'session', 'role', 'jwks', 'back-channel-logout']
  it.each([...paths.map((name) => `/cis2/${name}`), '/guarded'])('is left in peace at %s', async (path) => {
    const errors: unknown[] = []
    await start({
      before: (app) =>
        void app.use((_req, res, next) => {
          res.status(503).send('too late')
          next()
        }),
      after: (app) => {
        app.get('/guarded', requireLogin())
        app.use((error: unknown, _req: Request, _res: Response, _next: NextFunction) => {
          errors.push(error)
        })
      },
    })
    const page = await journey.browser.get(at(path))
    expect([page.status, page.text]).toEqual([503, 'too late'])
    expect(errors).toEqual([])
    expect(journey.app.events).toEqual([])
  })
})

describe('a page of the application’s own', () => {
  it('that never comes is replaced by the built-in one', async () => {
    await start({ pages: { error: () => new Promise<string>(() => undefined) } })
    const startedAt = performance.now()
    const page = await journey.browser.get(`${at('/cis2/callback')}?state=unknown&code=unknown`)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect({ status: page.status, isBuiltIn: page.text.includes('ERR_CIS2_STATE_UNKNOWN') }).toEqual({
      status: 400,
      isBuiltIn: true,
    })
  })
})

describe('an application without an error handler', () => {
  afterEach(() => jest.restoreAllMocks())

  async function refuse(settings: AppSettings): Promise<{ page: Page; secrets: readonly string[] }> {
    await start(settings)
    const address = await comeBack(journey)
    simulator.setFault('token.status', 500)
    const query = new URL(address).searchParams
    const secrets = ['code', 'state'].map((name) => query.get(name) ?? '')
    expect(secrets.every((secret) => secret.length > 10)).toBe(true)
    return { page: await journey.browser.get(address), secrets }
  }

  it('is answered for by the library', async () => {
    const { page, secrets } = await refuse({})
    expect(page.status).toBe(503)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    for (const secret of secrets) expect(page.text).not.toContain(secret)
    expect(page.text).not.toMatch(/\bat .+:\d+:\d+/)
  })

  it.each(['production', 'development'])(
    'in %s, where errors are handed on, answers with their status and nothing secret',
    async (environment) => {
      const log = jest.spyOn(console, 'error').mockImplementation(() => undefined)
      const before = (app: Express): void => void app.set('env', environment)
      const { page, secrets } = await refuse({ errors: 'next', before })
      expect({ status: page.status, cacheControl: page.headers['cache-control'] }).toEqual({
        status: 503,
        cacheControl: 'no-store',
      })
      const said = page.text + JSON.stringify(log.mock.calls)
      for (const secret of secrets) expect(said).not.toContain(secret)
      if (environment === 'production') expect(page.text).toContain('Service Unavailable')
      simulator.clearFaults()
      reset(journey)
      expect(await judge(journey, journey.browser, await logIn(journey))).toEqual(accepted)
    },
  )
})
