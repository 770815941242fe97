import { request } from 'node:http'
import express, { type Express, type RequestHandler } from 'express'
import { allOf, anyOf, requireLogin, requireRole, type LoginException } from '../../lib/index.js'
import { startApp, type AppSettings, type RunningApp } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { refusalOf } from '../support/guarded-routes.js'

let app: RunningApp

afterEach(() => app.close())

const health: readonly LoginException[] = [{ method: 'GET', path: '/health' }]

/** Answers everything that gets this far, as an application that takes any spelling would. */
function answerAll(app: Express | express.Router): void {
  app.use((req, res) => void res.send(`${req.method} let in`))
}

/** An application behind one guard for everything. CIS2 is not there at all. */
async function startBehind(guard: RequestHandler, settings: AppSettings = {}): Promise<void> {
  app = await startApp({
    issuer: 'http://127.0.0.1:9/realm',
    after: (app) => {
      app.use(guard)
      answerAll(app)
    },
    ...settings,
  })
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks for exactly this, which no browser would leave as it is, and resolves with status and body. */
function ask(path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<string> {
  const { hostname, port } = new URL(app.url)
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (incoming) => {
      let text = ''
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
      incoming.on('error', reject)
      incoming.on('end', () => resolve(incoming.statusCode === 200 ? text : String(incoming.statusCode)))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

const spellings = [
  '//health',
  '///health',
  '/./health',
  '/x/../health',
  '/health/',
  '/health//',
  '/health/.',
  '/health/x',
  '/healthx',
  '/health.json',
  '/healt',
  '/HEALTH',
  '/Health',
  '/health%2f..',
  '/health%2F',
  '/health%00',
  '/health%20',
  '/%68ealth',
  '/health;x',
  '/health,',
  '/health\\',
  '/health?',
  '/health?x',
  '/health?/health',
  '/private?/health',
  '/private/health',
  '/private#/health',
  '/private;/health',
  '/health#',
  '/health#/private',
  'http://rp.sim.test/health',
  'http://rp.sim.test/private/health',
  'http://rp.sim.test//health',
  '/',
] as const

describe('requireLogin with an exception', () => {
  it('lets nobody through there, and nowhere else', async () => {
    await startBehind(requireLogin({ except: health }))
    expect([await ask('/health'), await ask('/private')]).toEqual(['GET let in', '401'])
    const page = await new Browser().get(`${app.url}/private`)
    expect(page.headers.location).toBe('/cis2/login?returnTo=%2Fprivate')
  })

  it('needs neither session nor store there, and leaves the answer to the application', async () => {
    await startBehind(requireLogin({ except: health }), { sessionOptions: false })
    const page = await new Browser().get(`${app.url}/health`)
    expect({ status: page.status, cookies: page.cookies, cache: page.headers['cache-control'] }).toEqual({
      status: 200,
      cookies: [],
      cache: undefined,
    })
    expect((await new Browser().get(`${app.url}/private`)).text).toContain('ERR_CIS2_SESSION_MISSING')
  })

  it.each(spellings)('is closed to another spelling of it: %s', async (path) => {
    await startBehind(requireLogin({ except: health }))
    expect(await ask(path)).toBe('401')
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'])(
    'is closed to %s, which it does not name',
    async (method) => {
      await startBehind(requireLogin({ except: health }))
      expect(await ask('/health', { method })).toBe('401')
    },
  )

  it('is open to HEAD where it says so', async () => {
    await startBehind(requireLogin({ except: [...health, { method: 'HEAD', path: '/health' }] }))
    expect(await ask('/health', { method: 'HEAD' })).toBe('')
    expect(await ask('/health', { method: 'POST' })).toBe('401')
  })

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['the user agent of a load balancer', { 'user-agent': 'ELB-HealthChecker/2.0' }],
    ['the user agent of a probe', { 'user-agent': 'kube-probe/1.30' }],
    ['another address', { 'x-original-url': '/health', 'x-rewrite-url': '/health' }],
    ['another address for a proxy', { 'x-forwarded-uri': '/health', 'x-forwarded-path': '/health' }],
    ['a prefix', { 'x-forwarded-prefix': '/health' }],
    ['another method', { 'x-http-method-override': 'GET', 'x-method-override': 'GET' }],
    ['a page to come from', { referer: '/health', origin: 'http://rp.sim.test/health' }],
    ['another host', { host: '/health' }],
  ])('goes by no header: %s', async (_what, headers) => {
    await startBehind(requireLogin({ except: health }))
    expect(await ask('/private', { headers })).toBe('401')
    expect(await ask('/health', { headers, method: 'POST' })).toBe('401')
  })

  it('holds for what is routed, where something before takes another address from a header', async () => {
    await startBehind(requireLogin({ except: health }), {
      before: (app) =>
        app.use((req, _res, next) => {
          req.url = req.get('x-original-url') ?? req.url
          req.method = req.get('x-http-method-override') ?? req.method
          next()
        }),
    })
    expect(await ask('/health', { headers: { 'x-original-url': '/private' } })).toBe('401')
    expect(await ask('/private', { headers: { 'x-original-url': '/health' } })).toBe('401')
    expect(await ask('/health', { headers: { 'x-http-method-override': 'DELETE' } })).toBe('401')
    expect(await ask('/health')).toBe('GET let in')
  })

  it('is for its own path only where there are several', async () => {
    await startBehind(
      requireLogin({
        except: [
          { method: 'GET', path: '/a' },
          { method: 'POST', path: '/b' },
          { method: 'GET', path: '/' },
          { method: 'GET', path: '/static/' },
        ],
      }),
    )
    for (const [method, path, answer] of [
      ['GET', '/a', 'GET let in'],
      ['POST', '/b', 'POST let in'],
      ['GET', '/', 'GET let in'],
      ['GET', '/static/', 'GET let in'],
      ['POST', '/a', '401'],
      ['GET', '/b', '401'],
      ['GET', '/static', '401'],
      ['GET', '/static/x', '401'],
    ] as const)
      expect([method, path, await ask(path, { method })]).toEqual([method, path, answer])
  })

  it('is an error without the middleware, there too', async () => {
    await startBehind(requireLogin({ except: health }), {
      mount: () => undefined,
      after: (app) => {
        app.use(requireLogin({ except: health }))
        answerAll(app)
      },
    })
    expect(await ask('/health')).toBe('500')
  })
})

describe('requireLogin with an exception, where it is mounted', () => {
  const mountedAt = (place: string, path: string): AppSettings => ({
    after: (app) => {
      const inner = express()
      inner.use(requireLogin({ except: [{ method: 'GET', path }] }))
      answerAll(inner)
      app.use(place, inner)
    },
  })

  it('is the path that the browser sees in an application inside another', async () => {
    await startBehind(requireLogin(), mountedAt('/inner', '/inner/health'))
    expect(await ask('/inner/health')).toBe('GET let in')
    for (const path of ['/inner', '/inner/', '/inner//health', '/INNER/health', '/inner/inner/health'])
      expect([path, await ask(path)]).toEqual([path, '401'])
    for (const path of spellings.filter((each) => each.startsWith('/')))
      expect([path, await ask(`/inner${path}`)]).toEqual([path, '401'])
  })

  it('is not the path that is left inside', async () => {
    await startBehind(requireLogin(), mountedAt('/inner', '/health'))
    expect(await ask('/inner/health')).toBe('401')
  })

  it('may be the very place', async () => {
    await startBehind(requireLogin(), mountedAt('/health', '/health'))
    expect([
      await ask('/health'),
      await ask('/health/'),
      await ask('/health/x'),
      await ask('/health?x'),
    ]).toEqual(['GET let in', '401', '401', '401'])
  })

  it('has the path of baseUrl, whether a proxy takes it away or not', async () => {
    await startBehind(requireLogin({ except: [{ method: 'GET', path: '/app/health' }] }), {
      publicUrl: 'https://rp.sim.test/app',
    })
    expect([await ask('/app/health'), await ask('/health')]).toEqual(['GET let in', 'GET let in'])
    for (const path of ['/apphealth', '/app//health', '/app/health/', '/APP/health', '/app/private'])
      expect([path, await ask(path)]).toEqual([path, '401'])
    await app.close()
    await startBehind(requireLogin({ except: health }), { publicUrl: 'https://rp.sim.test/app' })
    expect([await ask('/app/health'), await ask('/health')]).toEqual(['401', '401'])
  })
})

describe('an exception that says too much or nothing', () => {
  beforeEach(() => startBehind(requireLogin()))
  const odd = (value: unknown): never => value as never
  const at = (path: unknown, method: unknown = 'GET'): (() => unknown) => {
    return () => requireLogin({ except: [odd({ method, path })] })
  }

  it.each<readonly [string, () => unknown, RegExp]>([
    ['a prefix', at('/health*'), /no pattern/],
    ['a wildcard', at('*'), /no pattern/],
    ['a parameter', at('/:page'), /no pattern/],
    ['an optional part', at('/health{/x}'), /no pattern/],
    ['a group', at('/(health|live)'), /no pattern/],
    ['a regular expression', at(/health/), /no pattern/],
    ['a list', at(['/health']), /no pattern/],
    ['no slash', at('health'), /begins with a slash/],
    ['two slashes', at('//health'), /single ones/],
    ['two slashes inside', at('/a//health'), /single ones/],
    ['a query', at('/health?x'), /no query/],
    ['a fragment', at('/health#x'), /no pattern/],
    ['an escape', at('/health%2f..'), /no escapes/],
    ['a backslash', at('/a\\health'), /no pattern/],
    ['a way up', at('/a/../health'), /no pattern/],
    ['a way nowhere', at('/./health'), /no pattern/],
    ['a way up at the end', at('/health/..'), /no pattern/],
    ['a space', at('/health check'), /no pattern/],
    ['a line break', at('/health\n'), /no pattern/],
    ['an accent', at('/santé'), /no pattern/],
    ['nothing', at(''), /begins with a slash/],
    ['an address', at('https://rp.sim.test/health'), /begins with a slash/],
    ['no path', () => requireLogin({ except: [odd({ method: 'GET' })] }), /is \{ method, path \}/],
    ['no method', () => requireLogin({ except: [odd({ path: '/health' })] }), /is \{ method, path \}/],
    ['a path alone', () => requireLogin({ except: [odd('/health')] }), /is \{ method, path \}/],
    ['null', () => requireLogin({ except: [odd(null)] }), /is \{ method, path \}/],
    [
      'something more',
      () => requireLogin({ except: [odd({ method: 'GET', path: '/health', userAgent: 'probe' })] }),
      /and nothing else/,
    ],
    ['a method in small letters', at('/health', 'get'), /in capitals/],
    ['any method', at('/health', '*'), /in capitals/],
    ['all methods', at('/health', 'ALL'), /in capitals/],
    ['no text for a method', at('/health', null), /in capitals/],
    ['several methods', at('/health', ['GET', 'HEAD']), /in capitals/],
    ['no list', () => requireLogin({ except: odd(health[0]) }), /is a list/],
    ['a function', () => requireLogin({ except: odd(() => true) }), /is a list/],
    ['undefined for a list', () => requireLogin(odd({ except: undefined })), /is a list/],
    ['a slip of the pen', () => requireLogin(odd({ exept: health })), /takes nothing, or/],
    ['a list alone', () => requireLogin(odd(health)), /takes nothing, or/],
    ['a function instead of options', () => requireLogin(odd(() => true)), /takes nothing, or/],
  ])('is an error when it is made: %s', (_what, make, message) => {
    const refusal = refusalOf(make)
    expect(refusal).toMatchObject({ code: 'ERR_CIS2_GUARD', message: expect.stringMatching(message) })
  })

  it.each<readonly [string, (guard: RequestHandler) => RequestHandler]>([
    ['anyOf', (guard) => anyOf(requireRole('R8000'), guard)],
    ['allOf', (guard) => allOf(guard, requireRole('R8000'))],
  ])('is an error in %s, which would lose it', (name, combine) => {
    const refusal = refusalOf(() => combine(requireLogin({ except: health })))
    expect(refusal).toMatchObject({
      code: 'ERR_CIS2_GUARD',
      message: expect.stringMatching(new RegExp(`${name} takes guards.*none with exceptions`)),
    })
    expect(refusalOf(() => combine(requireLogin({ except: [] })))).toMatchObject({
      code: 'nothing was refused',
    })
  })

  it('has no effect through a prototype', async () => {
    Reflect.set(Object.prototype, 'except', [{ method: 'GET', path: '/private' }])
    const guard = requireLogin()
    Reflect.deleteProperty(Object.prototype, 'except')
    await app.close()
    await startBehind(guard)
    expect(await ask('/private')).toBe('401')
  })
})
