import type { Express } from 'express'
import type { SessionData } from 'express-session'
import type { Cis2Error } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { FaultyStore, type StoreFault, type StoreOperation } from '../support/faulty-store.js'
import { accepted, failures, judge, refused, reset } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

const write = 'ERR_CIS2_SESSION_WRITE'
const read = 'ERR_CIS2_SESSION_READ'
const destroyed = 'ERR_CIS2_SESSION_DESTROY'

// Where a store hangs, a test waits for a budget to end, twice at most.
let simulator: Simulator
let store: FaultyStore
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  await journey.close()
  simulator.requests.clear()
})

/** An application whose requests have two seconds, where a store hangs, and plenty of time otherwise. */
async function start(fault?: StoreFault, settings: AppSettings = {}): Promise<void> {
  store = new FaultyStore()
  const timeouts = { requestMs: fault === 'hangs' ? 2000 : 10_000 }
  journey = await joinSimulator(simulator, {
    sessionOptions: { store },
    timeouts,
    after: leaving,
    ...settings,
  })
}

/** An application that ends logins itself. */
function leaving(app: Express): void {
  app.post('/leave', (req, res) => {
    req.cis2.logout().then(
      () => res.send('left'),
      (error: Cis2Error) => res.status(error.status).send(error.code),
    )
  })
}

const hasSessionCookie = (page: Page): boolean => page.cookies.some((each) => each.startsWith('connect.sid='))

async function loginsInStore(): Promise<readonly SessionData[]> {
  return (await store.sessions()).filter(({ cis2 }) => cis2 !== undefined)
}

/** A replica that does not have a session for the first so many reads: how often it was asked in vain. */
function hideNewSession(reads: number): () => number {
  const { get } = store.memory
  let asked = 0
  store.memory.get = (sid, done) => {
    const isHidden = !sid.startsWith('cis2.') && asked < reads
    if (isHidden) asked++
    if (isHidden) setImmediate(done, undefined, null)
    else Reflect.apply(get, store.memory, [sid, done])
  }
  return () => asked
}

async function isLoggedIn(): Promise<boolean> {
  return (await journey.browser.get(`${journey.app.baseUrl}/private`)).status === 200
}

/** Resolves when it is true; everything in this process has its turns meanwhile. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

const broken: readonly StoreFault[] = ['fails', 'throws', 'hangs']
const everyBroken = (operations: readonly StoreOperation[]) =>
  operations.flatMap((operation) => broken.map((fault) => [operation, fault] as const))

describe('the callback, when the session store', () => {
  it.each(everyBroken(['set', 'destroy', 'regenerate']))(
    '%s %s, logs nobody in, gives no cookie and lets the next login work',
    async (operation, fault) => {
      await start(fault)
      const { browser } = journey
      await logIn({ app: journey.app, browser: journey.anotherBrowser() })
      reset(journey)
      const address = await comeBack(journey)
      store.break(operation, fault)
      const startedAt = performance.now()
      const page = await browser.get(address)
      expect(performance.now() - startedAt).toBeLessThan(20_000)
      store.mend()
      expect(hasSessionCookie(page)).toBe(false)
      expect(page.text).toContain(write)
      expect(await judge(journey, browser, page)).toEqual(refused(write, 503, 1, 1))
      // The one who logged in before.
      expect(await loginsInStore()).toHaveLength(1)
      reset(journey)
      expect(await judge(journey, browser, await logIn(journey))).toEqual(accepted)
    },
  )

  it.each([
    ['set', 'answers twice'],
    ['set', 'answers again later'],
    ['destroy', 'answers twice'],
    ['regenerate', 'answers twice'],
    ['regenerate', 'answers again later'],
  ] as const)('%s %s, logs in once', async (operation, fault) => {
    await start()
    const address = await comeBack(journey)
    store.break(operation, fault)
    const page = await journey.browser.get(address)
    store.mend()
    expect(await judge(journey, journey.browser, page)).toEqual(accepted)
    expect(await loginsInStore()).toHaveLength(1)
  })

  it('destroy answers again while the login is being saved, logs nobody in', async () => {
    await start()
    const address = await comeBack(journey)
    // Each of its answers makes express-session begin a new session.
    store.break('destroy', 'answers again later')
    const held = store.hold('set')
    const answer = journey.browser.get(address)
    await held.reached
    await new Promise((resolve) => setImmediate(resolve))
    held.release()
    const page = await answer
    store.mend()
    expect(hasSessionCookie(page)).toBe(false)
    expect(await judge(journey, journey.browser, page)).toEqual(refused(write, 503, 1, 1))
    await until(() => store.calls.destroy > 1)
    expect(await loginsInStore()).toEqual([])
  })

  it.each([
    ['keeps the old one', () => undefined],
    ['takes it away', (req: object) => Reflect.deleteProperty(req, 'session')],
  ])('begins no new session but %s, logs nobody in', async (_what, regenerate) => {
    await start()
    const address = await comeBack(journey)
    store.regenerate = (req, done) => {
      regenerate(req)
      done()
    }
    const page = await journey.browser.get(address)
    expect(hasSessionCookie(page)).toBe(false)
    expect(await judge(journey, journey.browser, page)).toEqual(refused(write, 503, 1, 1))
    expect(await loginsInStore()).toEqual([])
  })

  it('is slow to save, answers only when it has', async () => {
    await start()
    const address = await comeBack(journey)
    const held = store.hold('set')
    let isAnswered = false
    const answer = journey.browser.get(address).finally(() => (isAnswered = true))
    await held.reached
    expect((await journey.anotherBrowser().get(journey.app.baseUrl)).status).toBe(200)
    expect({ isAnswered, logins: await loginsInStore() }).toEqual({ isAnswered: false, logins: [] })
    held.release()
    expect(await judge(journey, journey.browser, await answer)).toEqual(accepted)
  })

  it('answers reads a moment later than writes, sends nobody on before it has the session', async () => {
    await start()
    const address = await comeBack(journey)
    const hidden = hideNewSession(1)
    expect(await judge(journey, journey.browser, await journey.browser.get(address))).toEqual(accepted)
    expect(hidden()).toBe(1)
  })

  it('says that it has saved and has not, logs nobody in and does not send them in a circle', async () => {
    await start()
    const address = await comeBack(journey)
    hideNewSession(Infinity)
    const page = await journey.browser.get(address)
    expect(hasSessionCookie(page)).toBe(false)
    expect(await judge(journey, journey.browser, page)).toEqual(refused(write, 503, 1, 1))
    expect(await loginsInStore()).toEqual([])
  })

  it.each(['fails', 'throws', 'hangs'] as const)('get %s after it has saved, is believed', async (fault) => {
    await start()
    const address = await comeBack(journey)
    const held = store.hold('set')
    const answer = journey.browser.get(address)
    await held.reached
    store.break('get', fault)
    held.release()
    const page = await answer
    store.mend()
    expect(await judge(journey, journey.browser, page)).toEqual(accepted)
  })

  it('saves after the answer, takes the login out again', async () => {
    await start('hangs')
    const address = await comeBack(journey)
    const held = store.hold('set')
    expect((await journey.browser.get(address)).status).toBe(503)
    const { destroy } = store.calls
    held.release()
    await until(() => store.calls.destroy > destroy)
    expect(await loginsInStore()).toEqual([])
  })

  it.each(['fails', 'throws'] as const)('get %s, asks nothing of CIS2', async (fault) => {
    await start()
    await logIn(journey)
    const address = await comeBack(journey, 'pharmacist', '/cis2/login?reauthenticate=true')
    reset(journey)
    store.break('get', fault)
    const page = await journey.browser.get(address)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 500, cookies: [] })
    expect(journey.simulator.requests.count('token')).toBe(0)
  })

  it.each([
    ['regenerate', 'fails', '555000000001'],
    ['regenerate', 'throws', '555000000001'],
    ['set', 'fails', undefined],
    ['set', 'throws', undefined],
  ] as const)('%s %s, never makes one person another', async (operation, fault, sub) => {
    await start()
    await logIn(journey)
    const address = await comeBack(journey, 'pharmacist', '/cis2/login?reauthenticate=true')
    store.break(operation, fault)
    expect((await journey.browser.get(address)).status).toBe(503)
    store.mend()
    const page = await journey.browser.get(`${journey.app.baseUrl}/private`)
    // A session that could not be replaced is the one it was; one that was replaced and not saved is nobody's.
    if (sub === undefined) expect(page.status).toBe(302)
    else expect(JSON.parse(page.text)).toMatchObject({ sub })
    expect(journey.app.events.map(({ name }) => name)).not.toContain('user.switched')
  })

  it('is disconnected, spends nothing: the same address works afterwards', async () => {
    await start()
    const address = await comeBack(journey)
    store.emit('disconnect')
    const page = await journey.browser.get(address)
    expect(failures(journey.app.events)).toEqual(['ERR_CIS2_SESSION_UNAVAILABLE'])
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
    expect(page.headers['retry-after']).toBeDefined()
    store.emit('connect')
    reset(journey)
    expect(await judge(journey, journey.browser, await journey.browser.get(address))).toEqual(accepted)
  })
})

describe('the second of two identical callbacks', () => {
  async function callTwice(prepare: () => void): Promise<readonly [Page, Page]> {
    const address = await comeBack(journey)
    const held = store.hold('set')
    const cookie = journey.browser.cookieHeader(address)
    const first = journey.browser.get(address)
    await held.reached
    let isWaiting = false
    journey.app.app.once('second', () => (isWaiting = true))
    const second = journey.anotherBrowser().get(address, { cookie, 'x-second': 'yes' })
    await until(() => isWaiting)
    prepare()
    held.release()
    return await Promise.all([first, second])
  }
  const before = (app: Express): void => {
    app.use((req, _res, next) => {
      next()
      if (req.headers['x-second']) app.emit('second')
    })
  }

  it.each(broken)('gets no session when the store’s get %s', async (fault) => {
    await start(fault, { before })
    const [first, second] = await callTwice(() => store.break('get', fault))
    store.mend()
    expect(first.status).toBe(303)
    expect({ status: second.status, cookies: second.cookies }).toEqual({ status: 503, cookies: [] })
    expect(second.text).toContain(read)
    expect(journey.simulator.requests.count('token')).toBe(1)
    expect(await isLoggedIn()).toBe(true)
  })

  it('gets no session when the store has lost it', async () => {
    await start(undefined, { before })
    const [, second] = await callTwice(() => {
      // The first one finds it, as it checks what it has saved.
      const { get } = store.memory
      let isFound = false
      store.memory.get = (sid, done) => {
        if (isFound) setImmediate(done, undefined, null)
        else Reflect.apply(get, store.memory, [sid, done])
        isFound ||= !sid.startsWith('cis2.')
      }
    })
    expect({ status: second.status, cookies: second.cookies }).toEqual({ status: 503, cookies: [] })
    expect(second.text).toContain(read)
  })

  it('gets the session of the first when the store answers twice', async () => {
    await start(undefined, { before })
    const [first, second] = await callTwice(() => store.break('get', 'answers twice'))
    store.mend()
    expect([first.status, second.status]).toEqual([303, 303])
    expect(hasSessionCookie(second)).toBe(true)
    expect(await loginsInStore()).toHaveLength(1)
  })

  it('fails as the first does', async () => {
    await start(undefined, { before })
    const address = await comeBack(journey)
    const cookie = journey.browser.cookieHeader(address)
    store.break('set', 'fails')
    const pages = await Promise.all([
      journey.browser.get(address),
      journey.anotherBrowser().get(address, { cookie }),
    ])
    expect(pages.map((page) => [page.status, hasSessionCookie(page)])).toEqual([
      [503, false],
      [503, false],
    ])
    expect(failures(journey.app.events)).toEqual([write])
  })
})

describe('a guarded request, when the session store', () => {
  it.each(['fails', 'throws'] as const)('get %s, does not reach the page', async (fault) => {
    await start()
    await logIn(journey)
    store.break('get', fault)
    const page = await journey.browser.get(`${journey.app.baseUrl}/private`)
    // express-session hands the store's own error on; 500 is Express's answer to it.
    expect(page.status).toBe(500)
    expect(page.text).not.toContain('555000000001')
    store.mend()
    expect(await isLoggedIn()).toBe(true)
  })

  it.each([
    ['touch', 'fails'],
    ['touch', 'answers twice'],
  ] as const)('%s %s, is answered', async (operation, fault) => {
    await start()
    await logIn(journey)
    store.break(operation, fault)
    expect(await isLoggedIn()).toBe(true)
  })

  it('is disconnected, answers 503 to a page and to a script, whoever asks', async () => {
    await start()
    await logIn(journey)
    store.emit('disconnect')
    const { browser, app } = journey
    const script = { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const pages = [
      await browser.get(`${app.baseUrl}/private`),
      await browser.send('GET', `${app.baseUrl}/private`, script),
      await browser.post(`${app.baseUrl}/private`, {}),
    ]
    expect(pages.map(({ status }) => status)).toEqual([503, 503, 503])
    for (const page of pages) expect(page.text).toContain('ERR_CIS2_SESSION_UNAVAILABLE')
    store.emit('connect')
    expect(await isLoggedIn()).toBe(true)
  })
})

describe('logging out, when the session store', () => {
  it.each(broken)('destroy %s, never says that it is done', async (fault) => {
    await start(fault)
    await logIn(journey)
    const { app, browser } = journey
    store.break('destroy', fault)
    const startedAt = performance.now()
    const page = await browser.post(`${app.baseUrl}/cis2/logout`, {})
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
    expect(page.text).toContain(destroyed)
    const own = await browser.post(`${app.baseUrl}/leave`, {})
    expect({ status: own.status, text: own.text, cookies: own.cookies }).toEqual({
      status: 503,
      text: destroyed,
      cookies: [],
    })
    expect(app.events.map(({ name }) => name)).not.toContain('logout.succeeded')
    expect(app.events.filter(({ name }) => name === 'logout.failed')).toHaveLength(2)
    store.mend()
    expect(await isLoggedIn()).toBe(true)
    expect((await browser.post(`${app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect(await isLoggedIn()).toBe(false)
  })

  it.each(['answers twice', 'answers again later'] as const)('destroy %s, is done once', async (fault) => {
    await start()
    await logIn(journey)
    store.break('destroy', fault)
    expect((await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    expect(journey.app.events.filter(({ name }) => name === 'logout.succeeded')).toHaveLength(1)
    expect(await loginsInStore()).toEqual([])
  })

  it('is slow, answers only when the session is gone', async () => {
    await start()
    await logIn(journey)
    const held = store.hold('destroy')
    let isAnswered = false
    const answer = journey.browser
      .post(`${journey.app.baseUrl}/cis2/logout`, {})
      .finally(() => (isAnswered = true))
    await held.reached
    expect(isAnswered).toBe(false)
    expect(await loginsInStore()).toHaveLength(1)
    held.release()
    expect((await answer).status).toBe(303)
    expect(await loginsInStore()).toEqual([])
  })

  it('is disconnected, says that it cannot', async () => {
    await start()
    await logIn(journey)
    store.emit('disconnect')
    const page = await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
    expect(page.text).toContain('ERR_CIS2_SESSION_UNAVAILABLE')
    store.emit('connect')
    expect(await isLoggedIn()).toBe(true)
  })
})

describe('an application', () => {
  it('without session middleware is told so by every route that needs it', async () => {
    await start(undefined, { sessionOptions: false })
    const { app, browser } = journey
    const pages = [
      await browser.get(await comeBack(journey)),
      await browser.post(`${app.baseUrl}/cis2/logout`, {}),
      await browser.get(`${app.baseUrl}/private`),
    ]
    expect(pages.map(({ status }) => status)).toEqual([500, 500, 500])
    for (const page of pages) expect(page.text).toContain('ERR_CIS2_SESSION_MISSING')
    expect(journey.simulator.requests.count('token')).toBe(0)
  })

  it.each([
    ['in a cookie', {}],
    ['that can regenerate and not save', { regenerate: () => undefined }],
  ])('with a session %s is told to use a store', async (_what, session) => {
    await start(undefined, {
      sessionOptions: false,
      before: (app) =>
        void app.use((req, _res, next) => {
          Object.assign(req, { session: { ...session } })
          next()
        }),
    })
    const page = await logIn(journey)
    expect(page.status).toBe(500)
    expect(page.text).toContain('ERR_CIS2_SESSION_UNSUITABLE')
    expect(await isLoggedIn()).toBe(false)
  })
})
