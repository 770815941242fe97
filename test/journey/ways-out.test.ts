import { jest } from '@jest/globals'
import type { RequestHandler } from 'express'
import {
  ConfigurationError,
  PlatformError,
  requireAssurance,
  requireOrganisation,
  requireRole,
  requireUser,
  requireWorkgroup,
  type ErrorPageContext,
} from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import type { Page } from '../support/browser.js'
import { guardedBy, memberOf, script } from '../support/guarded-routes.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(async () => {
  jest.restoreAllMocks()
  await journey.close()
  simulator.requests.clear()
})

async function start(
  person: string | undefined,
  guards: Readonly<Record<string, RequestHandler>> = {},
  settings: AppSettings = {},
): Promise<void> {
  journey = await joinSimulator(simulator, {
    ...guardedBy(guards),
    scope: 'openid profile nationalrbacaccess associatedorgs',
    acrValues: ['AAL2_ANY'],
    ...settings,
  })
  if (person !== undefined) await logIn(journey, person)
  journey.app.events.length = 0
}

const at = (path: string): string => journey.app.baseUrl + path
const visit = (path: string): Promise<Page> => journey.browser.get(at(path))

/** The links of a page as text and address, and where its form logs out. */
function waysOut({ text }: Page): { links: readonly string[]; logsOutAt: string | undefined } {
  const links = [...text.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)].map(
    ([, href, name]) => `${name}: ${href}`,
  )
  const logsOutAt = /<form method="post" action="([^"]+)">\s*<button [^>]+>Log out<\/button>/.exec(text)?.[1]
  return { links, logsOutAt }
}

const back = 'Go back to the service: /'

describe('a page of a failure, to somebody who is logged in', () => {
  it.each<readonly [string, string, RequestHandler, readonly string[]]>([
    ['without a role', 'no-role', requireRole('R8001'), []],
    ['with one role', 'nurse', requireRole('R8000'), []],
    [
      'with several',
      'doctor-many-roles',
      requireRole('R8000'),
      ['Choose your role: /cis2/role?returnTo=%2Fguarded'],
    ],
  ])('offers to log out and to go on, %s', async (_what, person, guard, others) => {
    await start(person, { '/guarded': guard })
    const page = await visit('/guarded')
    expect(page.status).toBe(403)
    expect(waysOut(page)).toEqual({ links: [...others, back], logsOutAt: '/cis2/logout' })
    await journey.browser.post(at('/cis2/logout'), {})
    expect((await visit('/guarded')).status).toBe(302)
  })

  it('that somebody else logged in offers to log out', async () => {
    await start('nurse', { '/strong': requireAssurance({ authentication: 3 }) })
    const page = await journey.browser.get(await comeBack(journey, 'pharmacist', '/strong'))
    expect(page.text).toContain('log out first')
    expect(waysOut(page)).toEqual({ links: [back], logsOutAt: '/cis2/logout' })
  })

  it('takes its home and its log-out from the options', async () => {
    await start(
      'no-role',
      { '/guarded': requireRole('R1') },
      { routes: { logout: '/bye' }, returnTo: { default: '/today' } },
    )
    expect(waysOut(await visit('/guarded'))).toEqual({
      links: ['Go back to the service: /today'],
      logsOutAt: '/bye',
    })
  })

  it.each([
    [false, "form-action 'self'"],
    [true, "form-action 'self' https: http://"],
  ])('lets its form lead to CIS2 only with logout.provider: %s', async (provider, policy) => {
    await start('no-role', { '/guarded': requireRole('R1') }, { logout: { provider } })
    const given = String((await visit('/guarded')).headers['content-security-policy'])
    expect(given).toContain(policy)
    expect(given.endsWith("form-action 'self'")).toBe(!provider)
  })

  it('has neither for nobody', async () => {
    await start(undefined)
    const page = await visit('/cis2/callback')
    expect(waysOut(page)).toEqual({
      links: ['Log in with your Care Identity: /cis2/login'],
      logsOutAt: undefined,
    })
  })
})

describe('the words of a refusal', () => {
  it('by a rule of the application speak of no role, and offer no other', async () => {
    const rule = requireUser(() => false)
    for (const person of ['no-role', 'doctor-many-roles']) {
      await start(person, { '/guarded': rule })
      const page = await visit('/guarded')
      expect(page.text).toContain('<p>You are not allowed to see this page.</p>')
      expect(waysOut(page).links).toEqual([back])
      const data = await journey.browser.send('GET', at('/guarded'), script)
      expect(memberOf(data, 'changeRoleUrl')).toBeUndefined()
      await journey.close()
    }
    await start('doctor-many-roles', { '/guarded': requireOrganisation('X') })
    expect(waysOut(await visit('/guarded')).links).toHaveLength(2)
  })

  it('for want of a workgroup speak of workgroups', async () => {
    await start('nurse', { '/guarded': requireWorkgroup('nightteam') })
    expect((await visit('/guarded')).text).toContain(
      '<p>You are not in a workgroup that can see this page.</p>',
    )
  })

  it('to another site at the role route speak of no login', async () => {
    await start('doctor-many-roles')
    const page = await journey.browser.post(at('/cis2/role'), {}, { 'sec-fetch-site': 'cross-site' })
    expect(page.status).toBe(403)
    expect(page.text).toContain('<h1 class="nhsuk-heading-l">We could not do that</h1>')
    expect(page.text).toContain('<p>Go back, load the page again and try once more.</p>')
    expect(page.text).not.toMatch(/cannot log you in|cis2\/login/i)
  })

  const aged = 'because you logged in some time ago'
  const stronger = 'with a stronger method'
  it.each<readonly [string, Parameters<typeof requireAssurance>[0], readonly string[]]>([
    ['of the age of a login', { maxAuthAgeSeconds: 60 }, [aged, aged, aged]],
    ['of a level', { authentication: 3 }, ['smartcard', stronger, stronger]],
    [
      'of both, where the level is there',
      { authentication: 2, maxAuthAgeSeconds: 60 },
      [aged, aged, stronger],
    ],
  ])('speak %s alone', async (_what, demand, [fetched = '', cancelled = '', tooLow = '']) => {
    jest.spyOn(Date, 'now').mockReturnValue(Math.floor(Date.now() / 1000) * 1000)
    await start('nurse', { '/strong': requireAssurance(demand) })
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 100_000)
    const data = await journey.browser.send('GET', at('/strong'), script)
    expect(data.status).toBe(401)
    expect(memberOf(data, 'detail')).toContain(fetched)
    expect((await journey.browser.get(await comeBack(journey, 'cancel', '/strong'))).text).toContain(
      cancelled,
    )
    const callback = await comeBack(journey, 'nurse', '/strong')
    simulator.setFault(
      'idTokenClaims',
      (claims: Record<string, unknown>) => ({
        ...claims,
        auth_time: Number(claims.auth_time) - 200,
        authentication_assurance_level: '2',
      }),
      { times: 1 },
    )
    const page = await journey.browser.get(callback)
    expect(page.text).toContain('ERR_CIS2_STEP_UP_TOO_LOW')
    expect(page.text).toContain(tooLow)
    expect(page.text).toContain('You are still logged in as before.')
  })
})

describe('cancelling at CIS2 while logged in', () => {
  it('leaves everything as it was, and offers to go on or to try again', async () => {
    await start('nurse')
    const again = '/cis2/login?reauthenticate=true&returnTo=/private'
    const page = await journey.browser.get(await comeBack(journey, 'cancel', again))
    expect(page.status).toBe(400)
    expect(page.text).toContain('<h1 class="nhsuk-heading-l">You cancelled</h1>')
    expect(page.text).toContain('<p>You are still logged in as before.</p>')
    expect(waysOut(page)).toEqual({
      links: [
        'Try again: /cis2/login?returnTo=%2Fprivate&amp;reauthenticate=true',
        'Go back to the service: /private',
      ],
      logsOutAt: '/cis2/logout',
    })
    expect(journey.app.events.at(-1)).toMatchObject({
      name: 'login.failed',
      reason: 'ERR_CIS2_LOGIN_CANCELLED',
      sub: '555000000001',
    })
    expect((await visit('/cis2/login?returnTo=%2Fprivate&reauthenticate=true')).location).toContain(
      simulator.url,
    )
    expect((await visit('/private')).status).toBe(200)
  })

  it('is the same on the way to another role', async () => {
    await start(undefined, {}, { role: { choose: 'cis2' } })
    const inRole = { person: 'doctor-many-roles', role: '555000002001' }
    const chosen = await journey.browser.post((await visit('/cis2/login')).location ?? '', inRole)
    await journey.browser.get(chosen.location ?? '')
    const page = await journey.browser.get(await comeBack(journey, 'cancel', '/cis2/role?returnTo=/private'))
    expect(page.text).toContain('You cancelled')
    expect(waysOut(page).links).toContain('Go back to the service: /private')
  })

  it('is a login that did not take place, where nobody is logged in', async () => {
    await start(undefined)
    const page = await journey.browser.get(await comeBack(journey, 'cancel'))
    expect(page.text).toContain('You did not log in')
    expect(waysOut(page)).toMatchObject({ logsOutAt: undefined })
    expect(journey.app.events.at(-1)?.sub).toBeUndefined()
  })
})

describe('a page of the application’s own', () => {
  async function shown(person: string | undefined, path: string): Promise<ErrorPageContext | undefined> {
    let context: ErrorPageContext | undefined
    const error = (given: ErrorPageContext): string => {
      context = given
      return '<p>Own</p>'
    }
    await start(person, { '/guarded': requireRole('R9') }, { pages: { error } })
    expect((await visit(path)).text).toBe('<p>Own</p>')
    return context
  }

  it('is told the ways out of the built-in one', async () => {
    expect(await shown('no-role', '/guarded')).toMatchObject({
      links: [{ text: 'Go back to the service', href: '/' }],
      logoutUrl: '/cis2/logout',
      user: { sub: expect.stringMatching(/^\d+$/) },
      loginUrl: '/cis2/login?returnTo=%2Fguarded',
    })
  })

  it('is told to offer a login to nobody only', async () => {
    const context = await shown(undefined, '/cis2/callback')
    expect(context?.links).toEqual([{ text: 'Log in with your Care Identity', href: '/cis2/login' }])
    expect(context).not.toHaveProperty('logoutUrl')
    expect(context).not.toHaveProperty('user')
  })
})

describe('a failure that raises no event', () => {
  it('shows no reference, which nobody could find', async () => {
    await start('nurse')
    const page = await journey.browser.post(at('/cis2/login'), {})
    expect(page.status).toBe(405)
    expect(page.text).not.toMatch(/reference|<strong>/)
    expect(journey.app.events).toEqual([])
  })
})

describe('a stronger login that does not come', () => {
  it.each([
    ['aal2-only', 'aal2-only', 'ERR_CIS2_STEP_UP_TOO_LOW'],
    ['nurse', 'cancel', 'ERR_CIS2_STEP_UP_CANCELLED'],
    ['nurse', 'pharmacist', 'ERR_CIS2_STEP_UP_OTHER_PERSON'],
  ])('tells the audit stream whose login it was: %s, %s', async (person, answer, reason) => {
    await start(person, { '/strong': requireAssurance({ authentication: 3 }) })
    const { user } = JSON.parse((await visit('/me')).text) as { user: { sub: string } }
    await journey.browser.get(await comeBack(journey, answer, '/strong'))
    expect(journey.app.events.at(-1)).toMatchObject({ name: 'login.failed', reason, sub: user.sub })
  })
})

describe('the words about the API platform', () => {
  it('tell a login that may not be used apart from a platform out of reach, and from a set-up that is wrong', () => {
    const refused = new PlatformError('ERR_CIS2_PLATFORM_NOT_AUTHORISED')
    expect(refused.publicMessage).toBe(
      'Your login, or this service, is not allowed to use a national NHS service. Log in with your smartcard or security key, or contact your IT service desk.',
    )
    const wrong = new ConfigurationError([{ option: 'apiKey', message: 'is missing' }])
    expect(wrong.publicMessage).toMatch(/^This service is not set up correctly\./)
  })
})
