import {
  allOf,
  requireActivity,
  requireAssurance,
  requireLogin,
  type AssuranceDemand,
} from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { passSeconds, resetClock, setClock } from '../support/fake-clock.js'
import { ask, guardedBy, memberOf, script } from '../support/guarded-routes.js'
import { choosePerson, comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  resetClock()
  await journey.close()
  simulator.clearFaults()
  simulator.requests.clear()
})

const at = (path: string): string => journey.app.baseUrl + path
const visit = (path = '/strong'): Promise<Page> => journey.browser.get(at(path))
const asked = (page: Page): URLSearchParams => new URL(page.location ?? '').searchParams
const answer = async (trip: Page, person: string): Promise<Page> =>
  journey.browser.get(await choosePerson(journey.browser, trip.location ?? '', person))

/** What the session says of the login, without its tokens. */
async function loginNow(): Promise<Record<string, unknown>> {
  const { user, session } = JSON.parse((await visit('/me')).text) as {
    user: Record<string, unknown>
    session: Record<string, unknown>
  }
  return { sub: user.sub, level: user.authenticationAssuranceLevel, ...session, idleExpiresAt: undefined }
}

async function start(
  demand: AssuranceDemand = { authentication: 3 },
  settings: AppSettings = {},
  person = 'nurse',
): Promise<void> {
  journey = await joinSimulator(simulator, {
    ...guardedBy({ '/strong': requireAssurance(demand) }),
    acrValues: ['AAL2_ANY'],
    ...settings,
  })
  await logIn(journey, person)
  journey.app.events.length = 0
}

describe('a page that demands a stronger login', () => {
  it('is shown after one trip to CIS2, and no second one', async () => {
    await start()
    const before = await loginNow()
    expect(before.level).toBe(2)
    const trip = await visit('/strong?patient=1')
    expect(trip.status).toBe(302)
    expect(trip.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(asked(trip).get('acr_values')).toBe('AAL3_ANY')
    expect(asked(trip).get('prompt')).toBe('login')
    expect((await loginNow()).id).toBe(before.id)

    const back = await answer(trip, 'nurse')
    expect({ status: back.status, location: back.location }).toEqual({
      status: 303,
      location: at('/strong?patient=1'),
    })
    expect((await visit('/strong?patient=1')).text).toBe('let in')
    const after = await loginNow()
    expect({ sub: after.sub, level: after.level }).toEqual({ sub: before.sub, level: 3 })
    expect(after.id).not.toBe(before.id)
    expect(journey.app.events.map(({ name }) => name)).toEqual(['login.started', 'login.succeeded'])
  })

  it('is shown at once to whom is strong enough', async () => {
    await start({ authentication: 3 }, { acrValues: ['AAL3_ANY'] })
    expect((await visit()).text).toBe('let in')
  })

  it('asks for the configured classes that are strong enough, before any', async () => {
    await start({ authentication: 3 }, { acrValues: ['AAL2_ANY', 'AAL3_FIDO2', 'AAL2_OR_AAL3_ANY'] })
    expect(asked(await visit()).get('acr_values')).toBe('AAL3_FIDO2')
  })

  it.each<readonly [string, string, string]>([
    ['who cannot reach the level', 'aal2-only', 'ERR_CIS2_STEP_UP_TOO_LOW'],
    ['who cancels', 'cancel', 'ERR_CIS2_STEP_UP_CANCELLED'],
    ['who is another person', 'pharmacist', 'ERR_CIS2_STEP_UP_OTHER_PERSON'],
  ])('is a 403 to somebody %s, and the login stays as it was', async (_what, person, code) => {
    await start({ authentication: 3 }, {}, person === 'aal2-only' ? 'aal2-only' : 'nurse')
    const before = await loginNow()
    const page = await answer(await visit(), person)
    expect({ status: page.status, location: page.location }).toEqual({ status: 403, location: undefined })
    expect(page.text).toContain(code)
    // One reference from the way out to the page that the person reads.
    const told = journey.app.events.filter(({ name }) => name === 'login.started' || name === 'login.failed')
    expect(told.map(({ name }) => name)).toEqual(['login.started', 'login.failed'])
    for (const { reference } of told) expect(page.text).toContain(`<strong>${reference}</strong>`)
    expect(await loginNow()).toEqual(before)
    expect(await ask(journey, '/strong')).toBe('ERR_CIS2_ASSURANCE_TOO_LOW')
    expect(journey.app.events.map(({ name, reason }) => ({ name, reason }))).toContainEqual({
      name: 'login.failed',
      reason: code,
    })
    expect(journey.app.events.map(({ name }) => name)).not.toContain('user.switched')
  })

  it.each<readonly [string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ['a level below', (claims) => ({ ...claims, authentication_assurance_level: '2' })],
    ['no level', (claims) => ({ ...claims, authentication_assurance_level: undefined })],
    ['a level that is none', (claims) => ({ ...claims, authentication_assurance_level: 'AAL3' })],
    ['a weaker class', (claims) => ({ ...claims, acr: 'AAL2_ANY' })],
    ['an old authentication', (claims) => ({ ...claims, auth_time: Number(claims.auth_time) - 400 })],
    ['no time', (claims) => ({ ...claims, auth_time: undefined })],
  ])('is a 403 to a login that comes back with %s', async (_what, change) => {
    await start()
    const before = await loginNow()
    const trip = await visit()
    const callback = await choosePerson(journey.browser, trip.location ?? '', 'nurse')
    simulator.setFault('idTokenClaims', change)
    const page = await journey.browser.get(callback)
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_STEP_UP_TOO_LOW')
    expect(page.text).toContain('You are still logged in as before.')
    expect(page.text).toContain('<a href="/cis2/login?returnTo=%2Fstrong">Try again</a>')
    expect(await loginNow()).toEqual(before)
  })

  it.each<readonly [string, Record<string, string | undefined>]>([
    ['weakened', { acr_values: 'AAL2_ANY' }],
    ['stripped', { acr_values: undefined, prompt: undefined }],
  ])('keeps its demand when the browser has what is asked of CIS2 %s', async (_what, changes) => {
    await start()
    const before = await loginNow()
    const address = new URL((await visit()).location ?? '')
    for (const [name, value] of Object.entries(changes)) {
      address.searchParams.delete(name)
      if (value !== undefined) address.searchParams.set(name, value)
    }
    const callback = await choosePerson(journey.browser, address.href, 'nurse')
    simulator.setFault('idTokenClaims', (claims: Record<string, unknown>) => ({
      ...claims,
      acr: 'AAL2_ANY',
      authentication_assurance_level: '2',
    }))
    const page = await journey.browser.get(callback)
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_STEP_UP_TOO_LOW')
    expect(await loginNow()).toEqual(before)
  })

  it('is a 403, and no other try, when CIS2 is made to ask nobody', async () => {
    await start()
    const before = await loginNow()
    const address = new URL((await visit()).location ?? '')
    address.searchParams.set('prompt', 'none')
    const page = await journey.browser.get((await journey.browser.get(address.href)).location ?? '')
    expect({ status: page.status, location: page.location }).toEqual({ status: 403, location: undefined })
    expect(page.text).toContain('ERR_CIS2_STEP_UP_CANCELLED')
    expect(await loginNow()).toEqual(before)
  })

  it('is not opened by a plain login instead of the demanded one', async () => {
    await start()
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true&returnTo=/strong')
    expect((await loginNow()).level).toBe(2)
    expect((await visit()).status).toBe(302)
  })

  it('logs in again after the login has ended on the way, the same person only', async () => {
    await start()
    const callback = await choosePerson(journey.browser, (await visit()).location ?? '', 'nurse')
    const other = await choosePerson(journey.browser, (await visit()).location ?? '', 'pharmacist')
    await journey.browser.post(at('/cis2/logout'), {})
    expect((await journey.browser.get(other)).status).toBe(403)
    expect((await visit('/me')).status).toBe(302)
    expect((await journey.browser.get(callback)).location).toBe(at('/strong'))
    expect((await visit()).text).toBe('let in')
  })

  it('keeps the role that was chosen in the application', async () => {
    await start({ authentication: 3 }, {}, 'doctor-many-roles')
    await journey.browser.post(at('/cis2/role'), { roleId: '555000002002' })
    await answer(await visit(), 'doctor-many-roles')
    const { user } = JSON.parse((await visit('/me')).text) as { user: object }
    expect(user).toMatchObject({
      authenticationAssuranceLevel: 3,
      selectedRole: { outcome: 'selected', role: { id: '555000002002' } },
    })
  })

  it('keeps the role that was chosen in the application, also where CIS2 says another', async () => {
    await start({ authentication: 3 }, { scope: 'openid nationalrbacaccess selectedrole' })
    const person = { person: 'doctor-many-roles', role: '555000002001' }
    const comeBackInRole = async (trip: Page): Promise<void> => {
      const chosen = await journey.browser.post(trip.location ?? '', person)
      await journey.browser.get(chosen.location ?? '')
    }
    await comeBackInRole(await visit('/cis2/login?reauthenticate=true'))
    await journey.browser.post(at('/cis2/role'), { roleId: '555000002002' })
    await comeBackInRole(await visit())
    const { user } = JSON.parse((await visit('/me')).text) as { user: object }
    expect(user).toMatchObject({
      sub: '555000000002',
      authenticationAssuranceLevel: 3,
      selectedRole: { outcome: 'selected', role: { id: '555000002002' } },
    })
    // A login that the person asks for themselves is the moment to change it.
    await comeBackInRole(await visit('/cis2/login?reauthenticate=true'))
    expect(JSON.parse((await visit('/me')).text)).toMatchObject({
      user: { selectedRole: { outcome: 'selected', role: { id: '555000002001' } } },
    })
  })

  it('is not kept by a cache on its way to CIS2, whatever the application allows its page', async () => {
    await start(
      { authentication: 3 },
      {
        after: (app) => {
          app.use((_req, res, next) => next(void res.setHeader('Cache-Control', 'public, max-age=600')))
          app.get('/cached', requireAssurance({ authentication: 3 }), (_req, res) => void res.send('let in'))
        },
      },
    )
    const trip = await visit('/cached')
    expect(trip.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' })
    await answer(trip, 'nurse')
    expect((await visit('/cached')).headers['cache-control']).toBe('public, max-age=600')
  })

  it('starts nothing for a prefetch', async () => {
    await start()
    const page = await journey.browser.get(at('/strong'), { 'sec-purpose': 'prefetch' })
    expect({ status: page.status, cookies: page.cookies }).toEqual({ status: 503, cookies: [] })
  })

  it('leads home where the address of the page could lead elsewhere', async () => {
    await start({ authentication: 3 }, { after: (app) => app.use(requireAssurance({ authentication: 3 })) })
    const back = await answer(await visit('//evil.example/strong'), 'nurse')
    expect(back.location).toBe(at('/'))
  })
})

describe('a page that demands a recent login', () => {
  // auth_time is in whole seconds.
  beforeEach(() => setClock(Math.floor(Date.now() / 1000) * 1000))

  it('is shown for so long, and then after a trip', async () => {
    await start({ maxAuthAgeSeconds: 60 })
    expect((await visit()).text).toBe('let in')
    passSeconds(69)
    expect((await visit()).text).toBe('let in')
    passSeconds(2)
    const trip = await visit()
    expect({
      max: asked(trip).get('max_age'),
      prompt: asked(trip).get('prompt'),
      acr: asked(trip).get('acr_values'),
    }).toEqual({
      max: '60',
      prompt: 'login',
      acr: 'AAL2_ANY',
    })
    await answer(trip, 'nurse')
    expect((await visit()).text).toBe('let in')
  })

  it('is a 403 when CIS2 answers with the old authentication, and the login stays as it was', async () => {
    await start({ maxAuthAgeSeconds: 60 })
    passSeconds(100)
    const before = await loginNow()
    const callback = await choosePerson(journey.browser, (await visit()).location ?? '', 'nurse')
    simulator.setFault('idTokenClaims', (claims: Record<string, unknown>) => ({
      ...claims,
      auth_time: Number(claims.auth_time) - 75,
    }))
    const page = await journey.browser.get(callback)
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_STEP_UP_TOO_LOW')
    expect(await loginNow()).toEqual(before)
  })

  it('is shown to somebody who has just come back, however short the limit', async () => {
    await start({ maxAuthAgeSeconds: 0.001 }, { clockToleranceSeconds: 0 })
    passSeconds(20)
    const callback = await choosePerson(journey.browser, (await visit()).location ?? '', 'nurse')
    // As if the answer had been on its way for almost a second.
    simulator.setFault('idTokenClaims', (claims: Record<string, unknown>) => ({
      ...claims,
      auth_time: Math.floor(Date.now() / 1000) + 0.999,
    }))
    setClock(Math.floor(Date.now() / 1000) * 1000 + 999)
    expect((await journey.browser.get(callback)).location).toBe(at('/strong'))
    passSeconds(5)
    expect((await visit()).text).toBe('let in')
    passSeconds(20)
    expect((await visit()).status).toBe(302)
  })

  it('beside a level demands both', async () => {
    await start({ authentication: 3, maxAuthAgeSeconds: 300 })
    const trip = await visit()
    expect({ max: asked(trip).get('max_age'), acr: asked(trip).get('acr_values') }).toEqual({
      max: '300',
      acr: 'AAL3_ANY',
    })
    await answer(trip, 'nurse')
    expect((await visit()).text).toBe('let in')
    passSeconds(311)
    expect((await visit()).status).toBe(302)
  })
})

describe('anything else than a page navigation', () => {
  it.each<readonly [string, string, Record<string, string>]>([
    ['a fetch', 'GET', script],
    ['a POST by a script', 'POST', script],
    ['a poll', 'GET', { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }],
    ['an image', 'GET', { accept: 'image/*', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ])('gets a 401 that says what is missing (RFC 9470): %s', async (_what, method, headers) => {
    await start({ authentication: 3, maxAuthAgeSeconds: 300 })
    const page = await journey.browser.send(method, at('/strong'), headers)
    expect({ status: page.status, location: page.location, cookies: page.cookies }).toEqual({
      status: 401,
      location: undefined,
      cookies: [],
    })
    expect(page.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A stronger or more recent login is required", acr_values="AAL3_ANY", max_age="300"',
    )
    expect(JSON.parse(page.text)).toMatchObject({
      status: 401,
      code: 'ERR_CIS2_ASSURANCE_TOO_LOW',
      reason: 'ERR_CIS2_ASSURANCE_TOO_LOW',
      loginUrl: expect.stringMatching(/^\/cis2\/login\?returnTo=[^&]+&stepUp=[\w-]+$/),
    })
  })

  it('that is a form gets a page, and its link leads to CIS2 and back to the page of the form', async () => {
    await start()
    const page = await journey.browser.post(at('/strong'), { a: 'b' }, { referer: at('/private') })
    expect(page.status).toBe(401)
    expect(page.headers['www-authenticate']).toContain('insufficient_user_authentication')
    const link = /<a href="([^"]+)">/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const back = await logIn(journey, 'nurse', link)
    expect(back.location).toBe(at('/private'))
    expect((await journey.browser.post(at('/strong'), {})).text).toBe('let in')
  })

  it('gets a link whose demand nobody can write, take to another person, or use without CIS2', async () => {
    await start()
    const refused = await journey.browser.send('GET', at('/strong'), script)
    const link = String(memberOf(refused, 'loginUrl'))
    expect(asked(await visit(link)).get('acr_values')).toBe('AAL3_ANY')
    // Who is not strong enough is refused, as on the page itself.
    expect((await journey.browser.get(await comeBack(journey, 'aal2-only', link))).status).toBe(403)
    for (const spoilt of [
      link.replace(/stepUp=(.)/, (_, first) => `stepUp=${first === 'x' ? 'y' : 'x'}`),
      link.replace(/stepUp=.*/, 'stepUp=3'),
      link.replace(/&stepUp=.*/, ''),
    ])
      expect((await visit(spoilt)).location).toBe(at('/strong'))
    await logIn(journey, 'pharmacist', '/cis2/login?reauthenticate=true')
    expect((await visit(link)).location).toBe(at('/strong'))
    await journey.browser.post(at('/cis2/logout'), {})
    expect(asked(await visit(link)).get('acr_values')).toBe('AAL2_ANY')
  })

  it('offers no other role to somebody with several: it would not help', async () => {
    await start({ authentication: 3 }, {}, 'doctor-many-roles')
    const page = await journey.browser.send('GET', at('/strong'), script)
    expect(page.status).toBe(401)
    expect(memberOf(page, 'changeRoleUrl')).toBeUndefined()
  })

  it('of nobody is a plain 401', async () => {
    await start()
    journey.browser.forgetCookies()
    const page = await journey.browser.send('GET', at('/strong'), script)
    expect(page.status).toBe(401)
    expect(page.headers['www-authenticate']).toBeUndefined()
    expect(memberOf(page, 'code')).toBe('ERR_CIS2_NOT_LOGGED_IN')
  })
})

describe('a stronger login among other rules', () => {
  it('is asked for when the others let in', async () => {
    const strong = requireAssurance({ authentication: 3 })
    await start(
      { authentication: 3 },
      guardedBy({
        '/both': allOf(requireActivity('B0420'), strong),
        '/refused': allOf(requireActivity('B0401'), strong),
        '/first': allOf(strong, requireLogin()),
      }),
    )
    expect((await visit('/refused')).status).toBe(403)
    const trip = await visit('/both')
    expect(trip.status).toBe(302)
    expect((await visit('/first')).status).toBe(302)
    await answer(trip, 'nurse')
    expect([(await visit('/both')).text, (await visit('/first')).text]).toEqual(['let in', 'let in'])
    expect((await visit('/refused')).status).toBe(403)
  })
})
