import type { Express } from 'express'
import session from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import { choosePerson, joinSimulator, logIn, type Journey } from '../support/login.js'
import type { Page } from '../support/browser.js'

// A login that does not stick ends on a page that says so.

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

async function start(settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, settings)
}

/** Follows every redirect, choosing the nurse wherever CIS2 asks: the last page, and how often CIS2 asked. */
async function goRound(url: string): Promise<{ page: Page; logins: number }> {
  let page = await journey.browser.get(url)
  let logins = 0
  for (let hops = 0; page.location !== undefined && hops < 50; hops++) {
    const isAtProvider = page.location.startsWith(new URL(simulator.issuer).origin)
    if (isAtProvider) logins++
    page = await journey.browser.get(
      isAtProvider ? await choosePerson(journey.browser, page.location, 'nurse') : page.location,
    )
  }
  return { page, logins }
}

/** Has a session as long as nobody looks. */
class ForgetfulStore extends session.MemoryStore {
  override get(...[sid, done]: Parameters<session.MemoryStore['get']>): void {
    super.get(sid, (error: unknown, data) => {
      done(error, data)
      if (data?.cis2 !== undefined) this.destroy(sid)
    })
  }
}

/** What a browser makes of a cookie that it does not like. */
function dropSessionCookie(app: Express): void {
  app.use((req, _res, next) => {
    req.headers.cookie = req.headers.cookie?.replace(/connect\.sid=[^;]*/, '')
    next()
  })
}

describe('a login that does not stick', () => {
  it.each<readonly [string, AppSettings]>([
    ['the browser drops the cookie', { before: dropSessionCookie }],
    ['the store forgets', { sessionOptions: { store: new ForgetfulStore() } }],
  ])('because %s, ends on a page that says so, at the third time', async (_why, settings) => {
    await start(settings)
    const { page, logins } = await goRound(`${journey.app.baseUrl}/private`)
    expect({ status: page.status, logins }).toEqual({ status: 400, logins: 2 })
    expect(page.text).toContain('ERR_CIS2_LOGIN_LOOP')
    expect(page.text).toContain('/cis2/login?returnTo=%2Fprivate')
    expect(journey.app.events.at(-1)).toMatchObject({ name: 'login.failed', reason: 'ERR_CIS2_LOGIN_LOOP' })
    // The link on it works.
    expect((await journey.browser.get(`${journey.app.baseUrl}/cis2/login`)).status).toBe(302)
  })

  it('is not what somebody does who logs out in between, fails, or logs in again while logged in', async () => {
    await start()
    const { app, browser } = journey
    for (let i = 0; i < 4; i++) {
      expect((await logIn(journey)).status).toBe(303)
      expect((await browser.post(`${app.baseUrl}/cis2/logout`, {})).status).toBe(303)
    }
    for (let i = 0; i < 4; i++) expect((await logIn(journey, 'cancel')).status).toBe(400)
    for (let i = 0; i < 4; i++)
      expect((await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')).status).toBe(303)
  })

  it('is not what three people do who follow each other at one computer, pulling their smartcards', async () => {
    await start()
    const { app, browser } = journey
    for (const person of ['nurse', 'receptionist', 'nurse', 'pharmacist']) {
      expect((await logIn(journey, person)).status).toBe(303)
      expect((await browser.get(`${app.baseUrl}/private`)).status).toBe(200)
      const token = await simulator.createLogoutToken({ person })
      const body = new URLSearchParams({ logout_token: token })
      expect((await fetch(`${app.url}/cis2/back-channel-logout`, { method: 'POST', body })).status).toBe(200)
      expect((await browser.get(`${app.baseUrl}/private`)).status).toBe(302)
    }
  })

  it.each(['0', '-1', '99', 'x', '', '__proto__'])(
    'is not believed of a cookie that says %j',
    async (value) => {
      await start()
      await logIn(journey)
      const { browser, app } = journey
      const name = browser.cookies(app.baseUrl).find((each) => each.name.endsWith('.recent'))?.name ?? ''
      expect(name).not.toBe('')
      const page = await journey
        .anotherBrowser()
        .get(`${app.baseUrl}/cis2/login`, { cookie: `${name}=${value}` })
      expect(page.status).toBe(302)
    },
  )
})
