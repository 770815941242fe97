import type { NextFunction, Request, Response } from 'express'
import { AccessError, Cis2Error, requireUser } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey
let rule: (req: Request) => unknown
let handled: number
/** Of the errors that came to the application's handler. */
let references: unknown[]

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  await journey.close()
  simulator.requests.clear()
})

async function start(settings: AppSettings = {}): Promise<void> {
  handled = 0
  references = []
  const handle = (_req: Request, res: Response): void => {
    handled++
    res.send('the page')
  }
  journey = await joinSimulator(simulator, {
    ...settings,
    after: (app) => {
      // What JavaScript callers and careless casts hand over.
      const guarded = requireUser((_user, req) => rule(req) as boolean)
      app.all('/guarded', guarded, handle)
      app.get(
        '/cached',
        (_req, res, next) => {
          res.setHeader('Cache-Control', 'private')
          next()
        },
        guarded,
        handle,
      )
      app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
        references.push(error instanceof Cis2Error ? error.reference : undefined)
        const code = error instanceof Cis2Error ? error.code : String(error)
        res.status(error instanceof Cis2Error ? error.status : 500).send(`handler: ${code}`)
      })
    },
  })
}

const script = { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
const visit = (): Promise<Page> => journey.browser.get(`${journey.app.baseUrl}/guarded`)

describe('a rule of somebody who is logged in', () => {
  it.each<readonly [string, () => unknown]>([
    ['true', () => true],
    ['a promise of true', () => Promise.resolve(true)],
  ])('that says %s lets through', async (_what, says) => {
    await start()
    await logIn(journey)
    rule = says
    expect((await visit()).text).toBe('the page')
    expect((await journey.browser.post(`${journey.app.baseUrl}/guarded`, {})).text).toBe('the page')
  })

  it.each<readonly [string, () => unknown]>([
    ['false', () => false],
    ['nothing', () => undefined],
    ['null', () => null],
    ['1', () => 1],
    ['"true"', () => 'true'],
    ['an object', () => ({ allowed: true })],
    ['a list', () => [true]],
    ['a function', () => () => true],
    ['a Boolean object', () => Object(true) as unknown],
    ['a promise of 1', () => Promise.resolve(1)],
    ['a promise of a list', () => Promise.resolve([true])],
    ['a promise of nothing', () => Promise.resolve()],
    ['a thenable of false', () => ({ then: (done: (value: unknown) => void) => done(false) })],
  ])('that says %s is a 403, and not a login', async (_what, says) => {
    await start()
    await logIn(journey)
    rule = says
    const page = await visit()
    expect({ status: page.status, location: page.location, handled }).toEqual({
      status: 403,
      location: undefined,
      handled: 0,
    })
    expect(page.text).toContain('ERR_CIS2_ACCESS_DENIED')
    expect(page.text).not.toContain('/cis2/login')
    expect(page.text).toContain(`<strong>${journey.app.events.at(-1)?.reference}</strong>`)
    expect(journey.app.events.at(-1)).toMatchObject({
      name: 'access.denied',
      reason: 'ERR_CIS2_ACCESS_DENIED',
      sub: '555000000001',
      route: '/guarded',
    })
  })

  it.each<readonly [string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('rule')
      },
    ],
    ['rejects', () => Promise.reject(new Error('rule'))],
  ])('that %s does not let through, and its error is the application’s', async (_what, says) => {
    await start()
    await logIn(journey)
    rule = says
    const page = await visit()
    expect({ status: page.status, text: page.text, handled }).toEqual({
      status: 500,
      text: 'handler: Error: rule',
      handled: 0,
    })
  })

  // Express goes on when `next` gets nothing, and past the handler when it gets one of two words.
  it.each([undefined, null, false, 0, '', 'route', 'router', 'a word'])(
    'that throws or rejects with %p, which is no error, does not let through',
    async (thrown) => {
      await start()
      await logIn(journey)
      const fails = (): never => {
        throw thrown
      }
      for (const says of [fails, () => Promise.resolve().then(fails)]) {
        rule = says
        const page = await visit()
        expect({ status: page.status, handled }).toEqual({ status: 500, handled: 0 })
        expect(page.text).toBe(
          'handler: Error: a function of the application failed, and threw what is no error',
        )
      }
    },
  )

  it.each(['throws', 'rejects'])('that %s with an error of ours is answered with it', async (how) => {
    await start()
    await logIn(journey)
    const error = new AccessError('ERR_CIS2_ACCESS_DENIED')
    rule = () => {
      if (how === 'rejects') return Promise.reject(error)
      throw error
    }
    expect((await visit()).status).toBe(403)
  })

  it('goes to the error handler with errors: next', async () => {
    await start({ errors: 'next' })
    rule = () => false
    const anonymous = await journey.browser.send('GET', `${journey.app.baseUrl}/guarded`, script)
    expect({ status: anonymous.status, text: anonymous.text }).toEqual({
      status: 401,
      text: 'handler: ERR_CIS2_NOT_LOGGED_IN',
    })
    // A page navigation is no failure: it goes to log in all the same.
    expect((await visit()).status).toBe(302)
    await logIn(journey)
    expect((await visit()).text).toBe('handler: ERR_CIS2_ACCESS_DENIED')
    const denied = journey.app.events.filter(({ name }) => name === 'access.denied')
    expect(references).toEqual(denied.map(({ reference }) => reference))
    expect(new Set(references).size).toBe(2)
  })
})

describe('a guarded route', () => {
  it('asks no rule about nobody', async () => {
    await start()
    rule = () => {
      throw new Error('asked')
    }
    expect((await visit()).status).toBe(302)
  })

  it('is kept out of caches unless the application said how to', async () => {
    await start()
    await logIn(journey)
    rule = () => true
    expect((await visit()).headers['cache-control']).toBe('no-store')
    expect((await journey.browser.get(`${journey.app.baseUrl}/cached`)).headers['cache-control']).toBe(
      'private',
    )
  })

  it.each<readonly [string, string, Record<string, string>]>([
    ['a POST', 'POST', { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['a PUT', 'PUT', {}],
    ['a DELETE by a script', 'DELETE', script],
    ['a fetch', 'GET', script],
    ['a poll', 'GET', { accept: 'application/json', 'x-requested-with': 'XMLHttpRequest' }],
    ['a HEAD', 'HEAD', { accept: 'text/html' }],
  ])('is a 401 to %s of nobody: no redirect, no cookie, no login begun', async (_what, method, headers) => {
    await start()
    const page = await journey.browser.send(method, `${journey.app.baseUrl}/guarded`, headers)
    expect({ status: page.status, location: page.location, cookies: page.cookies, handled }).toEqual({
      status: 401,
      location: undefined,
      cookies: [],
      handled: 0,
    })
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
      vary: expect.stringContaining('Cookie') as string,
    })
    expect(simulator.requests.length).toBe(0)
  })

  it('says in the 401 what a script needs, and nothing else', async () => {
    await start()
    const page = await journey.browser.send('GET', `${journey.app.baseUrl}/guarded?a=b`, script)
    expect(JSON.parse(page.text)).toEqual({
      type: 'about:blank',
      title: expect.stringMatching(/\w/),
      status: 401,
      detail: expect.stringMatching(/\w/),
      code: 'ERR_CIS2_NOT_LOGGED_IN',
      reference: expect.stringMatching(/^[0-9A-Z-]{12}$/),
      loginUrl: '/cis2/login?returnTo=%2Fguarded%3Fa%3Db',
    })
  })

  it.each<readonly [string, 'GET' | 'POST', string | undefined, string]>([
    ['its own page', 'GET', 'own/page?tab=1#part', '/page?tab=1'],
    ['its own page', 'POST', 'own/page', '/page'],
    ['no page', 'GET', undefined, '/guarded'],
    ['no page', 'POST', undefined, '/'],
    ['another site', 'GET', 'https://evil.example/page', '/guarded'],
    ['another site', 'POST', 'https://evil.example/page', '/'],
    ['a host that begins like ours', 'POST', 'own.evil.example/page', '/'],
    ['something that is no address', 'GET', 'page', '/guarded'],
    ['something that is no address', 'POST', '//evil.example/', '/'],
    ['a page whose path looks like a host', 'GET', 'own//evil.example/', '/'],
    ['the logout route', 'POST', 'own/cis2/logout', '/'],
  ])('leads from a 401 back to the Referer: %s, %s', async (_what, method, referer, expected) => {
    await start()
    const { baseUrl } = journey.app
    const page = await journey.browser.send(method, `${baseUrl}/guarded`, {
      ...script,
      ...(referer === undefined ? {} : { referer: referer.replace(/^own/, baseUrl) }),
    })
    const { loginUrl } = JSON.parse(page.text) as { loginUrl: string }
    expect((await logIn(journey, 'nurse', loginUrl)).location).toBe(baseUrl + expected)
  })

  it('is not fetched ahead of a visit', async () => {
    await start()
    const page = await journey.browser.get(`${journey.app.baseUrl}/guarded`, { 'sec-purpose': 'prefetch' })
    expect({ status: page.status, handled, cookies: page.cookies }).toEqual({
      status: 503,
      handled: 0,
      cookies: [],
    })
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '5' })
    expect([simulator.requests.length, journey.app.events]).toEqual([0, []])
  })
})
