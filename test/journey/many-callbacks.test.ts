import { failures } from '../support/judged-login.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

// A token endpoint that hangs holds up a bounded number of logins, and nothing else.

let journey: Journey
afterEach(() => journey.close())

it('a thousand callbacks at a token endpoint that hangs: 200 wait, the others are told at once', async () => {
  journey = await startJourney({ timeouts: { requestMs: 20_000 } })
  const { app, simulator } = journey
  await logIn(journey)
  app.events.length = 0
  const addresses: { url: string; cookie: string }[] = []
  for (let i = 0; i < 1000; i++) {
    const browser = journey.anotherBrowser()
    const login = await browser.get(`${app.baseUrl}/cis2/login`)
    const state = new URL(login.location ?? '').searchParams.get('state') ?? ''
    const url = `${app.baseUrl}/cis2/callback?code=x&state=${state}&iss=${encodeURIComponent(simulator.issuer)}`
    addresses.push({ url, cookie: browser.cookieHeader(url) })
  }
  app.events.length = 0
  simulator.requests.clear()
  simulator.setFault('token.hang')
  let waited = 0
  const answers = addresses.map(async ({ url, cookie }) => {
    const page = await journey.anotherBrowser().get(url, { cookie })
    if (page.status === 504) waited += 1
    return { status: page.status, waited, retry: page.headers['retry-after'], url, cookie }
  })
  for (const path of ['/cis2/jwks', '/'])
    expect((await journey.anotherBrowser().get(app.baseUrl + path)).status).toBe(200)
  const all = await Promise.all(answers)
  const turnedAway = all.filter(({ status }) => status === 503)
  expect([turnedAway.length, all.filter(({ status }) => status === 504).length]).toEqual([800, 200])
  // Every one of them before the first of those that waited.
  expect(turnedAway.filter(({ waited }) => waited > 0)).toEqual([])
  expect(turnedAway[0]?.retry).toBeDefined()
  expect(simulator.requests.count('token')).toBeLessThanOrEqual(200)
  // Eight hundred of a kind are told as a hundred and a few, and none is lost from the count.
  const told = app.events.filter(({ reason }) => reason === 'ERR_CIS2_TOO_MANY_LOGINS')
  expect(told.length).toBeLessThan(110)
  expect(told.reduce((sum, { leftOut = 0 }) => sum + leftOut + 1, 0)).toBeGreaterThan(700)
  expect(new Set(failures(app.events))).toEqual(
    new Set(['ERR_CIS2_TOO_MANY_LOGINS', 'ERR_CIS2_TOKEN_TIMEOUT']),
  )
  simulator.clearFaults()
  // Nothing was used up: the same address gets as far as CIS2 now, which does not know this code.
  const [{ url, cookie }] = turnedAway as [(typeof turnedAway)[number]]
  expect((await journey.anotherBrowser().get(url, { cookie })).text).toContain('ERR_CIS2_CODE_REFUSED')
  expect((await logIn({ app, browser: journey.anotherBrowser() })).status).toBe(303)
})
