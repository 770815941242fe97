import { jest } from '@jest/globals'
import type { AppSettings } from '../support/app.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

let journey: Journey
let now: number
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
})

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await startJourney(settings)
  now = Date.now()
  jest.spyOn(Date, 'now').mockImplementation(() => now)
  expect((await logIn(journey)).status).toBe(303)
}

function later(seconds: number): void {
  now += seconds * 1000
}

async function ask(end = ''): Promise<unknown> {
  const page = await journey.browser.get(`${journey.app.baseUrl}/cis2/session${end}`)
  expect(page.headers['cache-control']).toBe('no-store')
  return { status: page.status, ...(JSON.parse(page.text) as object) }
}

function visit(
  path = '/private',
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return journey.browser.get(journey.app.baseUrl + path, headers)
}

const fromScript = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'application/json' }

describe('GET /cis2/session', () => {
  it.each(['', '/'])('says how long the login lasts, and does not prolong it%s', async (end) => {
    await start()
    for (const minutes of [0, 5, 10]) {
      expect(await ask(end)).toEqual({
        status: 200,
        loggedIn: true,
        secondsLeft: 900 - minutes * 60,
        idleSecondsLeft: 900 - minutes * 60,
        absoluteSecondsLeft: 43_200 - minutes * 60,
      })
      later(300)
    }
    expect(await ask()).toEqual({ status: 200, loggedIn: false })
  })

  it('names whichever end comes first', async () => {
    await start({ session: { idleTimeoutMinutes: 15, absoluteTimeoutHours: 0.3 } })
    later(840)
    expect((await visit()).status).toBe(200)
    expect(await ask()).toMatchObject({ secondsLeft: 240, idleSecondsLeft: 900, absoluteSecondsLeft: 240 })
  })

  it('is no login of a stranger', async () => {
    await start()
    journey.browser = journey.anotherBrowser()
    expect(await ask()).toEqual({ status: 200, loggedIn: false })
  })
})

describe('POST /cis2/session', () => {
  it('prolongs the login', async () => {
    await start()
    later(840)
    const page = await journey.browser.post(`${journey.app.baseUrl}/cis2/session`, {})
    expect({ status: page.status, ...(JSON.parse(page.text) as object) }).toMatchObject({
      status: 200,
      loggedIn: true,
      idleSecondsLeft: 900,
    })
    later(840)
    expect((await visit()).status).toBe(200)
  })

  it('does not prolong it past the absolute limit', async () => {
    await start({ session: { absoluteTimeoutHours: 0.5 } })
    for (const _ of [1, 2, 3]) {
      later(599)
      await journey.browser.post(`${journey.app.baseUrl}/cis2/session`, {})
    }
    later(3)
    expect(await ask()).toEqual({ status: 200, loggedIn: false })
  })

  it('is refused from another site, and when nobody is logged in', async () => {
    await start()
    later(600)
    const url = `${journey.app.baseUrl}/cis2/session`
    expect((await journey.browser.post(url, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect(await ask()).toMatchObject({ idleSecondsLeft: 300 })
    const page = await journey.anotherBrowser().post(url, {})
    expect(page.status).toBe(401)
    expect(JSON.parse(page.text)).toMatchObject({ loggedIn: false, loginUrl: '/cis2/login' })
  })
})

describe('a login whose time is over', () => {
  it('tells the next page why, and the one after it nothing', async () => {
    await start()
    later(901)
    const page = await visit()
    expect(page.status).toBe(401)
    expect(page.text).toContain('Your session has ended')
    expect(page.text).toContain('/cis2/login?returnTo=%2Fprivate')
    expect(journey.app.events.map(({ name }) => name)).toContain('session.expired')
    expect((await visit()).status).toBe(302)
  })

  it('tells a script', async () => {
    await start()
    later(901)
    const answer = await visit('/private', fromScript)
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'ERR_CIS2_SESSION_EXPIRED',
      loginUrl: '/cis2/login?returnTo=%2Fprivate',
    })
  })

  it("has the application's own page", async () => {
    await start({ pages: { sessionEnded: ({ loginUrl }) => `own page, on to ${loginUrl}` } })
    later(901)
    expect((await visit()).text).toBe('own page, on to /cis2/login?returnTo=%2Fprivate')
  })

  it('is over for a request that began before its end', async () => {
    let isLoggedIn: boolean | undefined
    await start({
      after: (app) =>
        void app.get('/slow', (req, res) => {
          later(901)
          isLoggedIn = req.cis2.isLoggedIn
          res.end()
        }),
    })
    await visit('/slow')
    expect(isLoggedIn).toBe(false)
  })
})

describe('a page that polls', () => {
  it('does not keep the login alive', async () => {
    await start({
      session: { pollingPaths: ['/api/*', '/news'] },
      after: (app) =>
        void app.get(['/api/messages', '/news', '/other'], (_req, res) => void res.send('none')),
    })
    for (const path of ['/api/messages', '/news']) {
      later(400)
      expect((await visit(path)).status).toBe(200)
    }
    expect(await ask()).toMatchObject({ idleSecondsLeft: 100 })
    expect((await visit('/other')).status).toBe(200)
    expect(await ask()).toMatchObject({ idleSecondsLeft: 900 })
  })
})
