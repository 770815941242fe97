import type { Request, RequestHandler } from 'express'
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
  type Cis2User,
} from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { ask, guardedBy, memberOf, refusalOf, script } from '../support/guarded-routes.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey | undefined

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey?.close())

const scope = 'openid profile nationalrbacaccess associatedorgs'

async function logInBehind(guard: RequestHandler, person: string, more = ''): Promise<Journey> {
  journey = await joinSimulator(simulator, { ...guardedBy({ '/guarded': guard }), scope: scope + more })
  await logIn(journey, person)
  return journey
}

const wrongRole = 'ERR_CIS2_ROLE_WRONG'
const noActivity = 'ERR_CIS2_ACTIVITY_MISSING'
const wrongOrganisation = 'ERR_CIS2_ORGANISATION_WRONG'
const noWorkgroup = 'ERR_CIS2_WORKGROUP_MISSING'

describe('the nurse with one role (S8000:G8000:R8001 at A9A5A, B0278 and B0420, exampleteam 555000000900)', () => {
  it.each<readonly [string, () => RequestHandler, string]>([
    ['her job role', () => requireRole('R8001'), 'let in'],
    ['her job role in another case', () => requireRole(' r8001 '), 'let in'],
    ['her whole role code', () => requireRole('S8000:G8000:R8001'), 'let in'],
    ['one of several roles', () => requireRole('R8000', 'R8001'), 'let in'],
    ['another job role', () => requireRole('R8000'), wrongRole],
    ['a part of her job role', () => requireRole('R800'), wrongRole],
    ['her job role in another group', () => requireRole('S8000:G8001:R8001'), wrongRole],
    ['only the groups of her role', () => requireRole('S8000:G8000'), wrongRole],
    ['an activity of hers', () => requireActivity('B0278'), 'let in'],
    ['an activity in another case', () => requireActivity('b0420'), 'let in'],
    ['one of several activities', () => requireActivity('B0401', 'B0420'), 'let in'],
    ['another activity', () => requireActivity('B0401'), noActivity],
    ['another child of an activity of hers', () => requireActivity('B0440'), noActivity],
    ['her organisation', () => requireOrganisation('a9a5a'), 'let in'],
    ['another organisation', () => requireOrganisation('A9A5', 'B9B5B'), wrongOrganisation],
    ['her workgroup by name', () => requireWorkgroup('ExampleTeam'), 'let in'],
    ['her workgroup by code', () => requireWorkgroup('555000000900'), 'let in'],
    ['another workgroup', () => requireWorkgroup('nightteam'), noWorkgroup],
    ['nothing but a login', () => requireLogin(), 'let in'],
    ['one of two', () => anyOf(requireRole('R8000'), requireActivity('B0278')), 'let in'],
    ['one of two, the first', () => anyOf(requireRole('R8001'), requireActivity('B0401')), 'let in'],
    ['neither of two', () => anyOf(requireActivity('B0401'), requireRole('R8000')), noActivity],
    ['both of two', () => allOf(requireRole('R8001'), requireActivity('B0278')), 'let in'],
    ['two, the second not', () => allOf(requireRole('R8001'), requireOrganisation('X')), wrongOrganisation],
    ['two, neither', () => allOf(requireWorkgroup('x'), requireRole('R8000')), noWorkgroup],
    [
      'a nest of them',
      () => allOf(anyOf(requireRole('R8000'), allOf(requireRole('R8001'))), anyOf(requireActivity('B0278'))),
      'let in',
    ],
    ['a rule of the application', () => requireUser(({ sub }) => sub === '555000000001'), 'let in'],
    ['a rule with a reason', () => requireUser(() => false, wrongRole), wrongRole],
    [
      'such a rule among others',
      () =>
        allOf(
          requireLogin(),
          requireUser(() => false, noWorkgroup),
        ),
      noWorkgroup,
    ],
    ['an asynchronous rule', () => requireUser(() => Promise.resolve(true)), 'let in'],
    ['an asynchronous no', () => anyOf(requireUser(() => Promise.resolve(false))), 'ERR_CIS2_ACCESS_DENIED'],
  ])('asked for %s', async (_what, guard, verdict) => {
    const current = await logInBehind(guard(), 'nurse')
    expect(await ask(current, '/guarded')).toBe(verdict)
    const denied = current.app.events.filter(({ name }) => name === 'access.denied')
    expect(denied.map(({ reason, sub, route }) => ({ reason, sub, route }))).toEqual(
      verdict === 'let in' ? [] : [{ reason: verdict, sub: '555000000001', route: '/guarded' }],
    )
  })

  it('is told the difference between her data and the page about it', async () => {
    const current = await logInBehind(requireRole('R8000'), 'nurse')
    const data = await current.browser.send('GET', `${current.app.baseUrl}/guarded`, script)
    expect(data.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(data.text)).toEqual({
      type: 'about:blank',
      title: 'You cannot see this page',
      status: 403,
      detail: 'Your role does not allow you to see this page.',
      code: wrongRole,
      reason: wrongRole,
      reference: expect.stringMatching(/^[0-9A-Z-]{12}$/),
    })
    const page = await current.browser.get(`${current.app.baseUrl}/guarded`)
    expect({ status: page.status, location: page.location }).toEqual({ status: 403, location: undefined })
    expect(page.text).toContain('<h1 class="nhsuk-heading-l">You cannot see this page</h1>')
    // One role: there is none to change to, and no login would help.
    expect(page.text).not.toMatch(/cis2\/(role|login)/)
  })
})

describe('a child of an activity', () => {
  const withActivities = (activity_codes: unknown): Record<string, unknown> => ({
    nhsid_nrbac_roles: [{ person_roleid: '1', activity_codes }],
  })

  it.each<readonly [string, string, string]>([
    ['B0058', 'B0278', 'let in'],
    ['B0420', 'B0278', 'let in'],
    ['B0440', 'B0278', 'let in'],
    ['B0571', 'B0570', 'let in'],
    ['b0572', 'b0570', 'let in'],
    ['B0278', 'B0420', noActivity],
    ['B0570', 'B0572', noActivity],
    ['B0420', 'B0570', noActivity],
  ])('%s, where %s is asked for: %s', async (has, wanted, verdict) => {
    journey = await joinSimulator(simulator, guardedBy({ '/guarded': requireActivity(wanted) }))
    simulator.setFault('userInfo', withActivities([has]), { times: 1 })
    await logIn(journey)
    expect(await ask(journey, '/guarded')).toBe(verdict)
  })
})

describe('the role that counts', () => {
  it('is none of several as long as none is chosen', async () => {
    const current = await logInBehind(requireRole('R8000'), 'doctor-many-roles')
    const page = await current.browser.get(`${current.app.baseUrl}/guarded?list=1`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('ERR_CIS2_ROLE_NOT_CHOSEN')
    expect(page.text).toContain('<a href="/cis2/role?returnTo=%2Fguarded%3Flist%3D1">Choose your role</a>')
    const data = await current.browser.send('GET', `${current.app.baseUrl}/guarded`, script)
    expect(memberOf(data, 'changeRoleUrl')).toBe('/cis2/role?returnTo=%2Fguarded')
  })

  it.each<readonly [string, string, RequestHandler, string]>([
    ['no-role', '', requireRole('R8001'), 'ERR_CIS2_ROLE_NONE'],
    ['no-role', '', requireActivity('B0278'), 'ERR_CIS2_ROLE_NONE'],
    ['no-role', '', requireOrganisation('A9A5A'), 'ERR_CIS2_ROLE_NONE'],
    ['no-role', '', requireWorkgroup('exampleteam'), 'ERR_CIS2_ROLE_NONE'],
    ['empty-role-list', '', requireRole('R8001'), 'ERR_CIS2_ROLE_NONE'],
    ['blank-selected-role', ' selectedrole', requireRole('R8001'), 'ERR_CIS2_ROLE_NOT_CHOSEN'],
    ['unknown-selected-role', ' selectedrole', requireRole('R8000'), 'ERR_CIS2_ROLE_UNKNOWN'],
    ['unknown-selected-role', ' selectedrole', requireOrganisation('C9C5C'), 'ERR_CIS2_ROLE_UNKNOWN'],
    ['absent-arrays', '', requireRole('R8001'), wrongRole],
    ['absent-arrays', '', requireActivity('B0278'), noActivity],
    ['absent-arrays', '', requireOrganisation('A9A5A'), wrongOrganisation],
    ['absent-arrays', '', requireWorkgroup('exampleteam'), noWorkgroup],
    ['single-object', '', requireRole('R8001'), 'let in'],
    ['repeated-role', '', requireRole('R8000'), 'let in'],
    ['no-role', '', requireLogin(), 'let in'],
  ])('of %s%s', async (person, more, guard, verdict) => {
    expect(await ask(await logInBehind(guard, person, more), '/guarded')).toBe(verdict)
  })

  it('tells somebody without a role what to do', async () => {
    const current = await logInBehind(requireRole('R8001'), 'no-role')
    const page = await current.browser.get(`${current.app.baseUrl}/guarded`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('You do not have a role')
    expect(page.text).toContain('Registration Authority')
    expect(page.text).not.toContain('/cis2/role')
  })
})

describe('a rule of the application', () => {
  it('gets the person and the request', async () => {
    let asked: readonly [Cis2User, Request] | undefined
    const guard = requireUser((user, req) => {
      asked = [user, req]
      return true
    })
    const current = await logInBehind(guard, 'nurse')
    await ask(current, '/guarded?a=b')
    expect({ sub: asked?.[0].sub, url: asked?.[1].originalUrl }).toEqual({
      sub: '555000000001',
      url: '/guarded?a=b',
    })
  })

  it('that rejects ends anyOf and allOf, whatever the others say', async () => {
    const broken = requireUser(() => Promise.reject(new Error('the rule broke')))
    journey = await joinSimulator(simulator, {
      after: (app) => {
        app.get('/any', anyOf(broken, requireLogin()), (_req, res) => void res.send('let in'))
        app.get('/all', allOf(requireLogin(), broken), (_req, res) => void res.send('let in'))
        app.use((error: Error, _req: unknown, res: { send: (text: string) => void }, _next: unknown) =>
          res.send(`handler: ${error.message}`),
        )
      },
    })
    await logIn(journey)
    for (const path of ['/any', '/all'])
      expect((await journey.browser.get(journey.app.baseUrl + path)).text).toBe('handler: the rule broke')
  })

  const leave = requireUser(async (_user, req) => {
    await req.cis2.logout()
    return true
  })
  const leaveAtOnce = requireUser((_user, req) => {
    req.session.destroy(() => undefined)
    return true
  })
  const forgetLogin = requireUser((_user, req) => delete req.session.cis2)
  it.each<readonly [string, RequestHandler]>([
    ['alone', leave],
    ['without a promise', leaveAtOnce],
    ['without a promise, before others', allOf(leaveAtOnce, requireLogin())],
    ['by taking it out of the session', forgetLogin],
    ['before others', allOf(leave, requireLogin())],
    [
      'after others',
      anyOf(
        requireUser(() => false),
        leave,
      ),
    ],
  ])('that ends the login itself lets nobody through, %s', async (_where, guard) => {
    const current = await logInBehind(guard, 'nurse')
    const page = await current.browser.send('GET', `${current.app.baseUrl}/guarded`, script)
    expect([page.status, memberOf(page, 'code')]).toEqual([401, 'ERR_CIS2_NOT_LOGGED_IN'])
  })

  const change = requireUser(async (_user, req) => {
    await req.cis2.selectRole('555000002002')
    return true
  })
  it.each<readonly [string, RequestHandler, string]>([
    ['allOf', allOf(change, requireRole('R0260')), 'let in'],
    ['anyOf', allOf(change, anyOf(requireRole('R8000'), requireRole('R0260'))), 'let in'],
    ['allOf of the old role', allOf(change, requireRole('R8000')), wrongRole],
  ])('that changes the role has the next in %s judge the new one', async (_what, guard, expected) => {
    const current = await logInBehind(guard, 'doctor-many-roles')
    await current.browser.post(`${current.app.baseUrl}/cis2/role`, { roleId: '555000002001' })
    expect(await ask(current, '/guarded')).toBe(expected)
  })

  it('is asked anew on every request', async () => {
    let isOpen = true
    const current = await logInBehind(
      requireUser(() => isOpen),
      'nurse',
    )
    expect(await ask(current, '/guarded')).toBe('let in')
    isOpen = false
    expect(await ask(current, '/guarded')).toBe('ERR_CIS2_ACCESS_DENIED')
  })
})

describe('a guard that says nothing', () => {
  // What JavaScript callers hand over.
  const odd = (value: unknown): never => value as never

  it.each<readonly [string, () => unknown, RegExp]>([
    ['requireRole()', () => requireRole(), /requireRole needs at least one/],
    ['requireRole with an empty code', () => requireRole('R8000', ' '), /an argument is empty/],
    ['requireRole with an array', () => requireRole(odd(['R8000'])), /one by one: an argument is an array/],
    ['requireRole with undefined', () => requireRole(odd(undefined)), /of type undefined/],
    ['requireActivity()', () => requireActivity(), /requireActivity needs/],
    ['requireActivity with a number', () => requireActivity(odd(278)), /of type number/],
    ['requireOrganisation()', () => requireOrganisation(), /requireOrganisation needs/],
    ['requireWorkgroup()', () => requireWorkgroup(), /requireWorkgroup needs/],
    ['requireUser()', () => requireUser(odd(undefined)), /requireUser takes a function/],
    [
      'requireUser with another reason',
      () => requireUser(() => true, odd('no')),
      /must be one of ERR_CIS2_ACCESS_DENIED, ERR_CIS2_ROLE_NONE, /,
    ],
    ['anyOf()', () => anyOf(), /anyOf needs at least one guard/],
    ['allOf()', () => allOf(), /allOf needs at least one guard/],
    ['anyOf with a handler', () => anyOf((_req, _res, next) => next()), /anyOf takes guards of this library/],
    [
      'allOf with a rule',
      () =>
        allOf(
          requireLogin(),
          odd(() => true),
        ),
      /goes into requireUser/,
    ],
    ['allOf with undefined', () => allOf(odd(undefined)), /allOf takes guards/],
    ['requireAssurance()', () => requireAssurance(odd(undefined)), /takes \{ authentication \}/],
    ['requireAssurance({})', () => requireAssurance({}), /takes \{ authentication \}/],
    ['requireAssurance at level 4', () => requireAssurance({ authentication: odd(4) }), /1, 2 or 3/],
    ['requireAssurance at level "3"', () => requireAssurance({ authentication: odd('3') }), /1, 2 or 3/],
    [
      'requireAssurance({ authentication: undefined })',
      () => requireAssurance(odd({ authentication: undefined })),
      /1, 2 or 3/,
    ],
    ['requireAssurance within 0 s', () => requireAssurance({ maxAuthAgeSeconds: 0 }), /above 0/],
    ['requireAssurance within NaN', () => requireAssurance({ maxAuthAgeSeconds: Number.NaN }), /above 0/],
    [
      'requireAssurance with a slip',
      () => requireAssurance(odd({ authentication: 3, maxAge: 5 })),
      /"maxAge"/,
    ],
  ])('is an error when it is made: %s', (_what, make, message) => {
    const refusal = refusalOf(make)
    expect(refusal.code).toBe('ERR_CIS2_GUARD')
    expect(refusal.message).toMatch(message)
  })
})

describe('a guard without the middleware', () => {
  it.each([
    ['requireRole', requireRole('R8001')],
    ['anyOf', anyOf(requireLogin())],
    ['requireAssurance', requireAssurance({ authentication: 3 })],
  ])('%s is an error that says which line is missing', async (_name, guard) => {
    journey = await joinSimulator(simulator, {
      mount: () => undefined,
      after: (app) => {
        app.get('/guarded', guard, (_req, res) => void res.send('let in'))
        app.use((error: Error, _req: unknown, res: { send: (text: string) => void }, _next: unknown) =>
          res.send(error.message),
        )
      },
    })
    const { text } = await journey.browser.get(`${journey.app.baseUrl}/guarded`)
    expect(text).toMatch(/^ERR_CIS2_MIDDLEWARE_MISSING.*app\.use\(cis2\.router\(\)\)/)
  })
})
