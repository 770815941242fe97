import express from 'express'
import { requireOrganisation, requireRole, type Cis2Options } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { ask, guardedBy, memberOf, script } from '../support/guarded-routes.js'
import { choosePerson, joinSimulator, logIn, type Journey } from '../support/login.js'

const gp = '555000002002'
const practitioner = '555000002001'
const doctor = 'doctor-many-roles'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  await journey.close()
  simulator.requests.clear()
})

async function start(person: string | undefined, settings: AppSettings = {}): Promise<void> {
  journey = await joinSimulator(simulator, {
    ...guardedBy({ '/gp': requireRole('R0260'), '/practitioner': requireRole('R8000') }),
    scope: 'openid profile nationalrbacaccess associatedorgs',
    ...settings,
  })
  if (person !== undefined) await logIn(journey, person)
  journey.app.events.length = 0
}

const at = (path: string): string => journey.app.baseUrl + path
const choose = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> =>
  journey.browser.post(at('/cis2/role'), form, headers)
const chooseAsScript = (body: unknown, headers: Record<string, string> = {}): Promise<Page> =>
  journey.browser.send(
    'POST',
    at('/cis2/role'),
    { ...script, 'content-type': 'application/json', ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
  )
const sessionCookie = (): string | undefined =>
  journey.browser.cookies(at('/')).find(({ name }) => name === 'connect.sid')?.value
async function roleNow(): Promise<unknown> {
  return memberOf(await journey.browser.send('GET', at('/cis2/role'), script), 'selectedRole')
}

describe('the page to choose a role', () => {
  it('offers every role with its organisation, and asks for nothing from anywhere', async () => {
    await start(doctor)
    const page = await journey.browser.get(at('/cis2/role?returnTo=/gp'))
    expect(page.status).toBe(200)
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; .*form-action 'self' https: /,
    )
    expect(page.text.match(/type="radio" value="\d+"/g)).toHaveLength(4)
    expect(page.text).toContain('>General Medical Practitioner</label>')
    expect(page.text).toContain('>SAMPLE LANE SURGERY (B9B5B)</div>')
    expect(page.text).toContain('<input type="hidden" name="returnTo" value="/gp">')
    expect(page.text).not.toMatch(/<script|<style|style=|src=|checked/)
  })

  it('marks the role that is chosen already', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    const page = await journey.browser.get(at('/cis2/role'))
    expect(page.text.match(/value="(\d+)"[^>]* checked/)?.[1]).toBe(gp)
  })

  it('escapes what CIS2 and the address say', async () => {
    await start('awkward-text', { scope: 'openid nationalrbacaccess associatedorgs selectedrole' })
    simulator.setFault(
      'userInfo',
      (claims: Record<string, unknown>) => ({
        ...claims,
        nhsid_nrbac_roles: [claims.nhsid_nrbac_roles, { person_roleid: '"><i>' }].flat(),
      }),
      { times: 1 },
    )
    await logIn(journey, 'awkward-text', '/cis2/login?reauthenticate=true')
    const page = await journey.browser.get(at('/cis2/role?returnTo=/%22%3E%3Cb%3E'))
    expect(page.status).toBe(200)
    expect(page.text).toContain('Practitioner &amp; &lt;i&gt;Trainer&lt;/i&gt;')
    expect(page.text).not.toMatch(/<i>|<b>|<script/)
  })

  it.each([
    ['/gp', '/gp'],
    ['//evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/cis2/role', '/'],
  ])('is passed by with one role: to %s', async (returnTo, expected) => {
    await start('nurse')
    const page = await journey.browser.get(at(`/cis2/role?returnTo=${encodeURIComponent(returnTo)}`))
    expect({ status: page.status, location: page.location }).toEqual({ status: 303, location: at(expected) })
  })

  it('says what to do to somebody without a role', async () => {
    await start('no-role')
    const page = await journey.browser.get(at('/cis2/role'))
    expect(page.status).toBe(403)
    expect(page.text).toContain('Registration Authority')
    expect(page.text).not.toContain('type="radio"')
  })

  it('asks somebody whose chosen role is not theirs, also when they have one only', async () => {
    await start('unknown-selected-role', { scope: 'openid nationalrbacaccess selectedrole' })
    expect((await journey.browser.get(at('/cis2/role'))).text).toContain('value="555000011001"')
    expect((await choose({ roleId: '555000011001', returnTo: '/practitioner' })).location).toBe(
      at('/practitioner'),
    )
    expect((await journey.browser.get(at('/practitioner'))).text).toBe('let in')
  })

  it('leads nobody to log in first', async () => {
    await start(undefined)
    const page = await journey.browser.get(at('/cis2/role?returnTo=/gp'))
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 302,
      location: '/cis2/login?returnTo=%2Fgp',
    })
  })

  it('may be the application’s own', async () => {
    let shown: object = {}
    await start(doctor, {
      pages: {
        chooseRole: (context) => {
          shown = context
          return '<p>Choose</p>'
        },
      },
    })
    expect((await journey.browser.get(at('/cis2/role?returnTo=/gp'))).text).toBe('<p>Choose</p>')
    expect(shown).toMatchObject({
      roles: [{ id: practitioner }, { id: gp }, {}, {}],
      selectedRole: { outcome: 'ambiguous' },
      action: '/cis2/role',
      returnTo: '/gp',
    })
  })
})

describe('the roles as data', () => {
  it('are told to a script', async () => {
    await start(doctor)
    const page = await journey.browser.send('GET', at('/cis2/role'), script)
    expect(page.headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.parse(page.text)).toEqual({
      roles: expect.arrayContaining([expect.objectContaining({ id: gp, jobRole: 'R0260' })]),
      selectedRole: { outcome: 'ambiguous' },
    })
  })

  it('are none of somebody without a role', async () => {
    await start('no-role')
    const page = await journey.browser.send('GET', at('/cis2/role'), script)
    expect(JSON.parse(page.text)).toEqual({ roles: [], selectedRole: { outcome: 'none' } })
  })

  it('are a 401 to nobody', async () => {
    await start(undefined)
    for (const page of [
      await journey.browser.send('GET', at('/cis2/role'), script),
      await chooseAsScript({ roleId: gp }),
    ]) {
      expect(page.status).toBe(401)
      expect(JSON.parse(page.text)).toMatchObject({ code: 'ERR_CIS2_NOT_LOGGED_IN', loginUrl: /login/ })
    }
  })
})

describe('choosing a role', () => {
  it('by a form lets the person in where they were refused, under a new session id', async () => {
    await start(doctor)
    expect(await ask(journey, '/gp')).toBe('ERR_CIS2_ROLE_NOT_CHOSEN')
    const before = sessionCookie()
    const old = journey.browser.clone()
    const page = await choose({ roleId: gp, returnTo: '/gp?tab=1' })
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 303,
      location: '/gp?tab=1',
    })
    expect(sessionCookie()).not.toBe(before)
    expect(await ask(journey, '/gp')).toBe('let in')
    expect(await ask(journey, '/practitioner')).toBe('ERR_CIS2_ROLE_WRONG')
    expect((await old.get(at('/private'))).status).toBe(302)
    expect(await roleNow()).toMatchObject({ outcome: 'selected', role: { id: gp } })
  })

  it('as data answers with the role', async () => {
    await start(doctor)
    const page = await chooseAsScript({ roleId: gp })
    expect({ status: page.status, location: page.location }).toEqual({ status: 200, location: undefined })
    expect(JSON.parse(page.text)).toMatchObject({
      roles: [{}, {}, {}, {}],
      selectedRole: { outcome: 'selected', role: { id: gp } },
    })
  })

  it('is told to the audit stream, with nothing of the role', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    expect(journey.app.events).toEqual([
      {
        name: 'role.selected',
        time: expect.any(String),
        reference: expect.stringMatching(/^[0-9A-Z-]{12}$/),
        route: 'role',
        outcome: 'success',
        sessionHash: expect.any(String),
        sub: '555000000002',
      },
    ])
  })

  it('goes on in other roles, one at a time', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    await choose({ roleId: practitioner })
    expect([await ask(journey, '/gp'), await ask(journey, '/practitioner')]).toEqual([
      'ERR_CIS2_ROLE_WRONG',
      'let in',
    ])
  })

  it('tells one role at two organisations apart by its id, and two roles at one organisation', async () => {
    const [practitionerThere, administrator] = ['555000002003', '555000002004']
    const guards = {
      '/r8000': requireRole('R8000'),
      '/r8008': requireRole('R8008'),
      '/a9a5a': requireOrganisation('A9A5A'),
      '/c9c5c': requireOrganisation('C9C5C'),
    }
    await start(doctor, guardedBy(guards))
    const letIn = async (roleId: string): Promise<readonly string[]> => {
      await choose({ roleId })
      const verdicts: string[] = []
      for (const path of Object.keys(guards)) if ((await ask(journey, path)) === 'let in') verdicts.push(path)
      return verdicts
    }
    expect(await letIn(practitioner)).toEqual(['/r8000', '/a9a5a'])
    expect(await letIn(practitionerThere)).toEqual(['/r8000', '/c9c5c'])
    expect(await letIn(administrator)).toEqual(['/r8008', '/a9a5a'])
  })

  it('keeps the limits of the login, and of the session what survives a login', async () => {
    await start(doctor, {
      session: { carryOver: ['basket'] },
      after: (app) => {
        app.get('/fill', (req, res) => {
          Object.assign(req.session, { basket: 'full', list: 'of patients' })
          res.send('')
        })
        app.get('/look', (req, res) => void res.json(Object.assign({}, req.session, req.cis2.session)))
      },
    })
    const before = JSON.parse(
      (await journey.browser.get(at('/fill'))) && (await journey.browser.get(at('/look'))).text,
    ) as Record<string, unknown>
    await choose({ roleId: gp })
    const after = JSON.parse((await journey.browser.get(at('/look'))).text) as Record<string, unknown>
    expect({ basket: before.basket, list: before.list }).toEqual({ basket: 'full', list: 'of patients' })
    expect({ basket: after.basket, list: after.list }).toEqual({ basket: 'full', list: undefined })
    for (const name of ['loggedInAt', 'absoluteExpiresAt', 'sid']) expect(after[name]).toBe(before[name])
    expect(after.id).not.toBe(before.id)
  })

  it.each<readonly [string, Record<string, string>]>([
    ['an id of nobody', { roleId: '555000009999' }],
    ['an id of another person', { roleId: '555000001001' }],
    ['an id in other spelling', { roleId: ` ${gp}` }],
    ['the code of a role', { roleId: 'R0260' }],
    ['a name of every object', { roleId: 'constructor' }],
  ])('is refused with %s, and changes nothing', async (_what, form) => {
    await start(doctor)
    await choose({ roleId: practitioner })
    const before = sessionCookie()
    const page = await choose({ ...form, returnTo: '/gp' })
    const code = 'ERR_CIS2_ROLE_NOT_OWN'
    expect(page.status).toBe(400)
    expect(page.text).toContain(code)
    expect(page.text).toContain('href="/cis2/role?returnTo=%2Fgp"')
    expect((await chooseAsScript(form)).status).toBe(400)
    expect(sessionCookie()).toBe(before)
    expect(await ask(journey, '/gp')).toBe('ERR_CIS2_ROLE_WRONG')
    expect(journey.app.events.map(({ name, reason }) => [name, reason])).toContainEqual([
      'access.denied',
      code,
    ])
  })

  it.each([{}, { roleId: '' }])('with nothing chosen leads to choose again: %j', async (form) => {
    await start(doctor)
    const before = sessionCookie()
    const page = await choose({ ...form, returnTo: '/gp' })
    expect(page.status).toBe(400)
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(page.text.indexOf('There is a problem')).toBeLessThan(page.text.indexOf('<h1'))
    expect(page.text).toContain('<title>Error: Which role are you working in?</title>')
    expect(page.text).toContain('<li><a href="#role-1">Select the role you are working in</a></li>')
    expect(page.text).toMatch(/class="nhsuk-error-message" id="role-error">Error: Select the role/)
    expect(page.text).toContain('<input type="hidden" name="returnTo" value="/gp">')
    expect(page.text).not.toContain('reference')
    expect({ cookie: sessionCookie(), events: journey.app.events }).toEqual({ cookie: before, events: [] })
    // A script cannot read a page.
    expect((await chooseAsScript(form)).status).toBe(400)
    expect(journey.app.events).toMatchObject([{ name: 'access.denied', reason: 'ERR_CIS2_ROLE_MISSING' }])
  })

  it('with nothing chosen tells the application’s own page', async () => {
    await start(doctor, { pages: { chooseRole: ({ error, user }) => `${error}, ${user.sub}` } })
    expect((await choose({})).text).toBe('Select the role you are working in, 555000000002')
    expect((await journey.browser.get(at('/cis2/role'))).text).toBe('undefined, 555000000002')
  })

  it('can be left by somebody who has a role already', async () => {
    await start(doctor)
    const cancel = '<a href="/gp">Cancel</a>'
    expect((await journey.browser.get(at('/cis2/role?returnTo=/gp'))).text).not.toContain(cancel)
    await choose({ roleId: gp })
    expect((await journey.browser.get(at('/cis2/role?returnTo=/gp'))).text).toContain(cancel)
  })

  it.each<readonly [string, unknown]>([
    ['a list of ids', { roleId: [gp] }],
    ['a number', { roleId: Number(gp) }],
    ['a list', [gp]],
    ['nothing', 'null'],
    ['broken JSON', '{"roleId":'],
  ])('is refused as JSON with %s', async (_what, body) => {
    await start(doctor)
    const page = await chooseAsScript(body)
    expect({ status: page.status, code: memberOf(page, 'code') }).toEqual({
      status: 400,
      code: 'ERR_CIS2_ROLE_MISSING',
    })
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it('takes an id once, and a body of 64 KiB at most', async () => {
    await start(doctor)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = await chooseAsScript(`roleId=${gp}&roleId=${practitioner}`, form)
    expect(twice.status).toBe(400)
    const large = await chooseAsScript(`roleId=${gp}&x=${'x'.repeat(70_000)}`, form)
    expect(large.status).toBe(413)
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it.each<readonly [string, Record<string, string>]>([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of another host of the domain', { 'sec-fetch-site': 'same-site' }],
    ['whose headers contradict each other', { 'sec-fetch-site': 'cross-site', origin: 'own' }],
  ])('is refused to a page %s, and changes nothing', async (_what, headers) => {
    await start(doctor)
    const before = sessionCookie()
    const page = await choose(
      { roleId: gp },
      { ...headers, origin: headers.origin === 'own' ? journey.app.baseUrl : 'https://evil.example' },
    )
    expect({ status: page.status, cookie: sessionCookie() }).toEqual({ status: 403, cookie: before })
    expect(page.text).toContain('ERR_CIS2_CROSS_SITE')
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it('goes by Origin where the browser sends no Fetch Metadata', async () => {
    await start(doctor)
    const body = `roleId=${gp}`
    const post = (origin?: string): Promise<Page> =>
      journey.browser.send(
        'POST',
        at('/cis2/role'),
        {
          accept: 'text/html',
          'content-type': 'application/x-www-form-urlencoded',
          ...(origin === undefined ? {} : { origin }),
        },
        body,
      )
    expect([
      (await post()).status,
      (await post('https://evil.example')).status,
      (await post('null')).status,
    ]).toEqual([403, 403, 403])
    expect((await post(journey.app.baseUrl)).status).toBe(303)
  })

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', '/cis2/logout'])(
    'leads home instead of to %s',
    async (returnTo) => {
      await start(doctor)
      expect((await choose({ roleId: gp, returnTo })).location).toBe(at('/'))
    },
  )

  it('sends a form of nobody to log in, and back to where it would have led', async () => {
    await start(undefined)
    const page = await choose({ roleId: gp, returnTo: '/gp' })
    expect({ status: page.status, location: page.headers.location }).toEqual({
      status: 303,
      location: '/cis2/login?returnTo=%2Fgp',
    })
  })

  it('is a 401 to a form of nobody that no page shows', async () => {
    await start(undefined)
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      origin: journey.app.baseUrl,
    }
    const page = await journey.browser.send('POST', at('/cis2/role'), headers, `roleId=${gp}`)
    expect({ status: page.status, code: memberOf(page, 'code') }).toEqual({
      status: 401,
      code: 'ERR_CIS2_NOT_LOGGED_IN',
    })
  })

  it('works behind body parsers of the application', async () => {
    await start(doctor, {
      before: (app) => app.use(express.json(), express.urlencoded({ extended: true })),
    })
    expect((await choose({ roleId: gp })).status).toBe(303)
    expect((await chooseAsScript({ roleId: practitioner })).status).toBe(200)
    expect(await ask(journey, '/practitioner')).toBe('let in')
  })

  it.each(['PUT', 'DELETE', 'HEAD'])('knows no %s', async (method) => {
    await start(doctor)
    const page = await journey.browser.send(method, at('/cis2/role'), script)
    expect({ status: page.status, allow: page.headers.allow }).toEqual({ status: 405, allow: 'GET, POST' })
  })

  it('is no prefetch', async () => {
    await start(doctor)
    expect((await choose({ roleId: gp }, { 'sec-purpose': 'prefetch' })).status).toBe(503)
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it('moves with the route', async () => {
    await start(doctor, { routes: { role: '/which-role' } })
    const page = await journey.browser.get(at('/which-role?returnTo=/gp'))
    expect(page.text).toContain('<form action="/which-role" method="post">')
    expect((await journey.browser.post(at('/which-role'), { roleId: gp })).status).toBe(303)
  })

  it('stands alone where it is mounted', async () => {
    await start(doctor, {
      mount: (app, cis2) => {
        app.use('/mine/role', cis2.role())
        app.use(cis2.router())
      },
    })
    expect((await journey.browser.post(at('/mine/role'), { roleId: gp })).status).toBe(303)
    expect(await ask(journey, '/gp')).toBe('let in')
  })
})

describe('the chosen role', () => {
  it('is followed by logout at CIS2, whose token names the login', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    expect((await simulator.sendLogoutToken()).status).toBe(200)
    expect((await journey.browser.get(at('/private'))).status).toBe(302)
  })

  it('is not taken over by another login', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect(await roleNow()).toMatchObject({ outcome: 'only', role: { jobRole: 'R8001' } })
  })

  it('is not taken over by another person, though a role of theirs should have the same id', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    simulator.setFault(
      'userInfo',
      (claims: Record<string, unknown>) => ({
        ...claims,
        nhsid_nrbac_roles: [{ person_roleid: gp, role_code: 'S0:G0:R0260' }, { person_roleid: '1' }],
      }),
      { times: 1 },
    )
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
    expect(await ask(journey, '/gp')).toBe('ERR_CIS2_ROLE_NOT_CHOSEN')
  })

  it('stays when the same person logs in once more, as long as it is theirs', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    await logIn(journey, doctor, '/cis2/login?reauthenticate=true')
    expect(await roleNow()).toMatchObject({ outcome: 'selected', role: { id: gp } })
    simulator.setFault(
      'userInfo',
      (claims: Record<string, unknown>) => ({
        ...claims,
        nhsid_nrbac_roles: [{ person_roleid: practitioner }, { person_roleid: '1' }],
      }),
      { times: 1 },
    )
    await logIn(journey, doctor, '/cis2/login?reauthenticate=true')
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it('ends with the login', async () => {
    await start(doctor)
    await choose({ roleId: gp })
    await journey.browser.post(at('/cis2/logout'), {})
    await logIn(journey, doctor)
    expect(await roleNow()).toEqual({ outcome: 'ambiguous' })
  })

  it.each<readonly [string, unknown, unknown]>([
    ['one that is nobody’s', '555000009999', { outcome: 'unknown', roleId: '555000009999' }],
    ['no text', 5, undefined],
    ['an empty text', '', undefined],
  ])('in the session record is %s: nobody is let in by it', async (_what, roleId, expected) => {
    await start(doctor, {
      after: (app) => {
        app.get('/spoil', (req, res) => {
          Object.assign(req.session.cis2 ?? {}, { roleId })
          res.send('')
        })
        app.get('/gp', requireRole('R0260'), (_req, res) => void res.send('let in'))
      },
    })
    await journey.browser.get(at('/spoil'))
    const page = await journey.browser.send('GET', at('/cis2/role'), script)
    expect(page.status === 401 ? undefined : memberOf(page, 'selectedRole')).toEqual(expected)
    expect((await journey.browser.get(at('/gp'))).text).not.toBe('let in')
  })
})

describe('req.cis2.selectRole', () => {
  it('changes the role for this request too', async () => {
    await start(doctor, {
      after: (app) => {
        app.post('/pick', async (req, res) => {
          await req.cis2.selectRole(gp)
          res.json({ selectedRole: req.cis2.user?.selectedRole, id: req.cis2.session?.id })
        })
      },
    })
    const page = await journey.browser.post(at('/pick'), {})
    expect(JSON.parse(page.text)).toMatchObject({ selectedRole: { outcome: 'selected', role: { id: gp } } })
    expect(journey.app.events.map(({ name, route }) => [name, route])).toEqual([['role.selected', '/pick']])
    expect(await roleNow()).toMatchObject({ role: { id: gp } })
  })

  it.each<readonly [string, string | undefined, unknown, string]>([
    ['another’s role', doctor, '555000001001', 'ERR_CIS2_ROLE_NOT_OWN'],
    ['nothing', doctor, undefined, 'ERR_CIS2_ROLE_NOT_OWN'],
    ['of nobody', undefined, gp, 'ERR_CIS2_NOT_LOGGED_IN'],
  ])('is refused: %s', async (_what, person, roleId, code) => {
    await start(person, {
      after: (app) => {
        app.post('/pick', (req, res, next) => {
          req.cis2
            .selectRole(roleId as string)
            .then(
              () => res.send('chosen'),
              (error: unknown) => res.json(error),
            )
            .catch(next)
        })
      },
    })
    expect(memberOf(await journey.browser.post(at('/pick'), {}), 'code')).toBe(code)
  })
})

describe('with role.choose: cis2', () => {
  const atCis2: Partial<Cis2Options> = { role: { choose: 'cis2' } }
  const authorize = (page: Page): URLSearchParams => new URL(page.location ?? '').searchParams

  it('CIS2 asks at every login', async () => {
    await start(undefined, atCis2)
    const asked = authorize(await journey.browser.get(at('/cis2/login')))
    expect(asked.get('scope')).toBe('openid profile nationalrbacaccess associatedorgs selectedrole')
    expect(asked.get('prompt')).toBe('login')
  })

  it('a change of role is a new trip to CIS2, and the login goes on until it succeeds', async () => {
    await start(undefined, atCis2)
    const login = await journey.browser.get(at('/cis2/login'))
    const chosen = await journey.browser.post(login.location ?? '', { person: doctor, role: practitioner })
    await journey.browser.get(chosen.location ?? '')
    expect(await roleNow()).toMatchObject({ outcome: 'selected', role: { id: practitioner } })
    journey.app.events.length = 0

    const change = await journey.browser.get(at('/cis2/role?returnTo=/gp'))
    expect(change.status).toBe(302)
    expect(change.headers['cache-control']).toBe('no-store')
    expect(authorize(change).get('scope')).toBe(
      'openid profile nationalrbacaccess associatedorgs changedrole',
    )
    expect(authorize(change).get('prompt')).toBe('login')
    expect(await ask(journey, '/practitioner')).toBe('let in')

    const other = await journey.browser.post(change.location ?? '', { person: doctor, role: gp })
    expect((await journey.browser.get(other.location ?? '')).location).toBe(at('/gp'))
    expect(await ask(journey, '/gp')).toBe('let in')
    expect(await ask(journey, '/practitioner')).toBe('ERR_CIS2_ROLE_WRONG')
    expect(journey.app.events.map(({ name }) => name)).toContain('role.selected')
  })

  it('who cancels the change stays in the role', async () => {
    await start(undefined, atCis2)
    const login = await journey.browser.get(at('/cis2/login'))
    const chosen = await journey.browser.post(login.location ?? '', { person: doctor, role: practitioner })
    await journey.browser.get(chosen.location ?? '')
    const change = await journey.browser.get(at('/cis2/role'))
    await journey.browser.get(await choosePerson(journey.browser, change.location ?? '', 'cancel'))
    expect(await ask(journey, '/practitioner')).toBe('let in')
  })

  it('somebody with one role is sent on, not to CIS2', async () => {
    await start('nurse', atCis2)
    expect((await journey.browser.get(at('/cis2/role?returnTo=/gp'))).location).toBe(at('/gp'))
  })
})
