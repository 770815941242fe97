import {
  allOf,
  anyOf,
  requireActivity,
  requireAssurance,
  requireLogin,
  requireOrganisation,
  requireRole,
  requireUser,
  requireWorkgroup,
} from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { passSeconds, resetClock, setClock } from '../support/fake-clock.js'
import { ask, guardedBy, memberOf, script } from '../support/guarded-routes.js'
import { choosePerson, joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
// auth_time is in whole seconds.
beforeEach(() => setClock(Math.floor(Date.now() / 1000) * 1000))
afterEach(async () => {
  resetClock()
  await journey.close()
  simulator.clearFaults()
  simulator.requests.clear()
})

const hour = 3600
const guards = {
  '/role': requireRole('R8001'),
  '/activity': requireActivity('B0278'),
  '/organisation': requireOrganisation('A9A5A'),
  '/workgroup': requireWorkgroup('exampleteam'),
  '/any': anyOf(requireRole('R8001'), requireLogin()),
  '/all': allOf(requireLogin(), requireRole('R8001')),
  '/login': requireLogin(),
  '/user': requireUser(({ selectedRole }) => 'role' in selectedRole),
  '/assurance': requireAssurance({ authentication: 3 }),
}
const roleGuards = ['/role', '/activity', '/organisation', '/workgroup', '/all']
const otherGuards = ['/login', '/user', '/assurance']

const at = (path: string): string => journey.app.baseUrl + path
const visit = (path: string): Promise<Page> => journey.browser.get(at(path))
const asked = (page: Page): URLSearchParams => new URL(page.location ?? '').searchParams
const answer = async (trip: Page, person = 'nurse'): Promise<Page> =>
  journey.browser.get(await choosePerson(journey.browser, trip.location ?? '', person))
const changeClaims = (changes: Record<string, unknown>): void =>
  simulator.setFault('userInfo', (claims: Record<string, unknown>) => ({ ...claims, ...changes }))

async function start(
  maximumAgeMinutes: number | undefined,
  person = 'nurse',
  settings: AppSettings = {},
): Promise<void> {
  journey = await joinSimulator(simulator, {
    ...guardedBy(guards),
    session: { idleTimeoutMinutes: 12 * 60 },
    ...(maximumAgeMinutes === undefined ? {} : { role: { maximumAgeMinutes } }),
    ...settings,
  })
  await logIn(journey, person)
  journey.app.events.length = 0
}

describe('roles that were read longer ago than role.maximumAgeMinutes', () => {
  it.each(roleGuards)('are read anew by one trip to CIS2: %s', async (path) => {
    await start(60)
    passSeconds(hour - 1)
    expect((await visit(path)).text).toBe('let in')
    passSeconds(3)
    const trip = await visit(`${path}?patient=1`)
    expect(trip.status).toBe(302)
    expect(trip.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(asked(trip).get('prompt')).toBe('login')
    expect((await answer(trip)).location).toBe(at(`${path}?patient=1`))
    expect((await visit(`${path}?patient=1`)).text).toBe('let in')
    expect(journey.app.events.map(({ name }) => name)).toEqual(['login.started', 'login.succeeded'])
  })

  it.each(roleGuards)('are a 401 to a script, with a link that reads them anew: %s', async (path) => {
    await start(60)
    passSeconds(hour + 2)
    const page = await journey.browser.send('GET', at(path), script)
    expect({ status: page.status, location: page.location, cookies: page.cookies }).toEqual({
      status: 401,
      location: undefined,
      cookies: [],
    })
    expect(page.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A stronger or more recent login is required", max_age="3600"',
    )
    expect(JSON.parse(page.text)).toMatchObject({
      code: 'ERR_CIS2_ROLE_STALE',
      reason: 'ERR_CIS2_ROLE_STALE',
      loginUrl: expect.stringMatching(/^\/cis2\/login\?returnTo=[^&]+&stepUp=[\w-]+$/),
    })
    expect(journey.app.events).toMatchObject([{ name: 'access.denied', reason: 'ERR_CIS2_ROLE_STALE' }])
    await logIn(journey, 'nurse', String(memberOf(page, 'loginUrl')))
    expect(await ask(journey, path)).toBe('let in')
  })

  it('are no reason to refuse a posted form with more than a page', async () => {
    await start(60)
    passSeconds(hour + 2)
    const page = await journey.browser.post(at('/role'), { a: 'b' }, { referer: at('/form') })
    expect({ status: page.status, location: page.location }).toEqual({ status: 401, location: undefined })
    expect(page.text).toContain('ERR_CIS2_ROLE_STALE')
    expect(page.text).toContain('/cis2/login?returnTo=%2Fform&amp;stepUp=')
  })

  it('leave the other guards as they are', async () => {
    await start(60)
    passSeconds(hour + 2)
    for (const path of otherGuards) expect([path, await ask(journey, path)]).toEqual([path, 'let in'])
    expect(await ask(journey, '/any')).toBe('let in')
  })

  it('let nobody in whose role has gone meanwhile', async () => {
    await start(60)
    passSeconds(hour + 2)
    changeClaims({ nhsid_nrbac_roles: [{ person_roleid: '1', role_code: 'S8000:G8000:R8000' }] })
    await answer(await visit('/role'))
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_WRONG')
    expect((await visit('/role')).status).toBe(403)
  })

  it('refuse nobody for good who has got the role meanwhile', async () => {
    changeClaims({ nhsid_nrbac_roles: [] })
    await start(60)
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_NONE')
    simulator.clearFaults()
    passSeconds(hour + 2)
    await answer(await visit('/role'))
    expect(await ask(journey, '/role')).toBe('let in')
  })

  it('are as old as the login, however lately the person has chosen among them', async () => {
    await start(60, 'doctor-many-roles')
    passSeconds(hour - 1)
    await journey.browser.post(at('/cis2/role'), { roleId: '555000002001' })
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_WRONG')
    passSeconds(3)
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_STALE')
    // What was chosen is kept on the way.
    await answer(await visit('/role'), 'doctor-many-roles')
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_WRONG')
  })

  it.each<readonly [string, string, string]>([
    ['cancels', 'cancel', 'ERR_CIS2_STEP_UP_CANCELLED'],
    ['is another person', 'pharmacist', 'ERR_CIS2_STEP_UP_OTHER_PERSON'],
  ])('are still too old when somebody %s at CIS2: a 403, and no second trip', async (_what, person, code) => {
    await start(60)
    passSeconds(hour + 2)
    const page = await answer(await visit('/role'), person)
    expect({ status: page.status, location: page.location }).toEqual({ status: 403, location: undefined })
    expect(page.text).toContain(code)
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_STALE')
    expect(await ask(journey, '/login')).toBe('let in')
  })

  it('are still too old when CIS2 answers with an authentication that is', async () => {
    await start(2)
    passSeconds(200)
    const callback = await choosePerson(journey.browser, (await visit('/role')).location ?? '', 'nurse')
    simulator.setFault('idTokenClaims', (claims: Record<string, unknown>) => ({
      ...claims,
      auth_time: Number(claims.auth_time) - 150,
    }))
    const page = await journey.browser.get(callback)
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_STEP_UP_TOO_LOW')
    expect(await ask(journey, '/role')).toBe('ERR_CIS2_ROLE_STALE')
  })

  it('are not read anew by a plain login that CIS2 was not asked for', async () => {
    await start(60)
    passSeconds(hour + 2)
    expect((await visit('/cis2/login?returnTo=/role')).location).toBe(at('/role'))
    expect((await visit('/role')).location).toContain(simulator.url)
  })

  it('let somebody in who has just come back, however short the limit', async () => {
    await start(0.001)
    passSeconds(11)
    await answer(await visit('/role'))
    passSeconds(5)
    expect((await visit('/role')).text).toBe('let in')
    passSeconds(10)
    expect((await visit('/role')).status).toBe(302)
  })
})

it('asks CIS2 for no older an authentication than any login may have', async () => {
  await start(60)
  passSeconds(hour + 2)
  expect(asked(await visit('/role')).get('max_age')).toBe('300')
  await journey.close()
  await start(60, 'nurse', { maxAgeSeconds: 120 })
  passSeconds(hour + 2)
  expect(asked(await visit('/role')).get('max_age')).toBe('120')
  await journey.close()
  await start(1)
  passSeconds(100)
  expect(asked(await visit('/role')).get('max_age')).toBe('60')
})

it('believes roles for as long as the login lasts where there is no role.maximumAgeMinutes', async () => {
  await start(undefined)
  passSeconds(12 * hour - 2)
  for (const path of roleGuards) expect([path, await ask(journey, path)]).toEqual([path, 'let in'])
  passSeconds(4)
  expect(await ask(journey, '/role')).not.toBe('let in')
})
