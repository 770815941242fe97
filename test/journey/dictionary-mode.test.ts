import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import type { Express, Request, Response } from 'express'
import type { Cis2 } from '../../lib/index.js'
import { startApp, type AppSettings } from '../support/app.js'
import { createGate } from '../support/gate.js'

setFlagsFromString('--allow-natives-syntax')
const shareClass = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (
  one: object,
  other: object,
) => boolean
const isDictionary = runInThisContext('(object) => !%HasFastProperties(object)') as (
  object: object,
) => boolean
const isOldV8 = Number.parseInt(process.versions.v8, 10) < 13

// Nobody listens there, and nobody logs in.
const issuer = 'http://127.0.0.1:9/realm'
const open: { close(): Promise<void> }[] = []

async function start(settings: Omit<AppSettings, 'issuer'>): Promise<string> {
  const app = await startApp({ issuer, ...settings })
  open.push(app)
  return app.url
}

/** What Express has put on a request before any middleware, and what is there after ours. */
interface Seen {
  readonly req: Request
  readonly res: Response
  readonly before: readonly PropertyDescriptorMap[]
}

function remember(app: Express, seen: Seen[]): void {
  app.use((req, res, next) => {
    seen.push({ req, res, before: [ownMembers(req), ownMembers(res)] })
    next()
  })
}

function ownMembers(object: object): PropertyDescriptorMap {
  return Object.getOwnPropertyDescriptors(object)
}

describe('the shape of requests and responses', () => {
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close()
  })

  it('is one for all behind the middleware, on a V8 where each had its own', async () => {
    const gate = createGate()
    const seen: Seen[] = []
    const url = await start({
      sessionOptions: false,
      after: (app) => {
        remember(app, seen)
        app.get('/held', (_req, res, next) => {
          gate.pass().then(() => res.send('held'), next)
        })
      },
    })
    const held = fetch(`${url}/held`)
    await gate.reached
    const answered = fetch(`${url}/held`)
    while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve))
    const [first, second] = seen as [Seen, Seen]
    expect([first, second].map(({ req, res }) => [isDictionary(req), isDictionary(res)])).toEqual([
      [isOldV8, isOldV8],
      [isOldV8, isOldV8],
    ])
    expect([shareClass(first.req, second.req), shareClass(first.res, second.res)]).toEqual([true, true])
    gate.open()
    expect([(await held).status, (await answered).status]).toEqual([200, 200])
  })

  it.each([
    { place: 'the router', mount: undefined, path: '/anything' },
    {
      place: 'the key set route alone',
      mount: (app: Express, cis2: Cis2) => void app.use('/keys', cis2.jwks()),
      path: '/keys',
    },
  ])('leaves Express its members as they were: $place', async ({ mount, path }) => {
    const seen: Seen[] = []
    const url = await start({
      before: (app) => remember(app, seen),
      ...(mount ? { mount } : {}),
    })
    await fetch(url + path)
    const [{ req, res, before }] = seen as [Seen]
    expect([isDictionary(req), isDictionary(res)]).toEqual([isOldV8, isOldV8])
    expect(ownMembers(req)['res']).toEqual(before[0]?.['res'])
    expect(ownMembers(res)['req']).toEqual(before[1]?.['req'])
    expect(req.res).toBe(res)
    expect(res.req).toBe(req)
    for (const [index, object] of [req, res].entries())
      expect(Object.keys(object)).toEqual(expect.arrayContaining(Object.keys(before[index] ?? {})))
  })

  it.each([
    { what: 'taken away', change: (req: Request) => Reflect.deleteProperty(req, 'res') },
    {
      what: 'made fixed',
      change: (req: Request) => Object.defineProperty(req, 'res', { configurable: false }),
    },
  ])("leaves what an application has $what as the application's", async ({ change }) => {
    const seen: { req: Request; before: PropertyDescriptor | undefined }[] = []
    const url = await start({
      before: (app) =>
        app.use((req, _res, next) => {
          change(req)
          seen.push({ req, before: Object.getOwnPropertyDescriptor(req, 'res') })
          next()
        }),
      after: (app) => app.get('/page', (_req, res) => void res.end('a page')),
    })
    expect(await (await fetch(`${url}/page`)).text()).toBe('a page')
    const [{ req, before }] = seen as [(typeof seen)[number]]
    expect(Object.getOwnPropertyDescriptor(req, 'res')).toEqual(before)
  })
})
