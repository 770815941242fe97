import type { Request, Response } from 'express'
import session, { type Store } from 'express-session'
import { createCis2, requireAssurance, requireLogin, type Cis2, type Cis2Options } from '../../lib/index.js'
import { startSimulator, type LogoutTokenOptions, type Simulator } from '../../lib/simulator/index.js'
import type { Browser, Page } from '../support/browser.js'
import { memberOf, script } from '../support/guarded-routes.js'
import { testSecret } from '../support/keys.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

// One application with one session store, and two providers that call different people by the same number: the person
// is the issuer and the `sub`, wherever they are kept, found or ended.

const nurse = '555000000001'
let here: Simulator
let there: Simulator
let journey: Journey
let second: Cis2
let endedThere: number
let store: Store

beforeAll(async () => {
  here = await startSimulator()
  there = await startSimulator()
})
afterAll(async () => {
  await here.close()
  await there.close()
})
afterEach(async () => {
  here.clearFaults()
  there.clearFaults()
  await second.close()
  await journey.close()
})

/** Starts an application whose second client lives below `/there`. */
async function start(settings: Partial<Cis2Options> = {}): Promise<void> {
  store = new session.MemoryStore()
  const tell = (req: Request, res: Response): void => {
    Object.assign(req.session, { basket: req.session.cis2?.sub })
    res.json({ sub: req.cis2.user?.sub, selectedRole: req.cis2.user?.selectedRole })
  }
  journey = await joinSimulator(here, {
    ...settings,
    sessionOptions: { store },
    after: (app, first) => {
      const atSecond = (req: Request, res: Response, next: () => void): void =>
        void second.authenticate()(req, res, next)
      app.get('/here', first.authenticate(), requireLogin(), tell)
      app.get('/strong', first.authenticate(), requireAssurance({ authentication: 3 }), tell)
      app.use('/there', (req, res, next) => void second.router()(req, res, next))
      app.get('/there', atSecond, requireLogin(), tell)
      app.get('/basket', (req, res) => void res.json(Object.assign({}, req.session)))
    },
  })
  second = createCis2({
    ...settings,
    issuer: there.issuer,
    clientId: there.client.clientId,
    jwks: there.client.jwks,
    baseUrl: `${journey.app.baseUrl}/there`,
    secret: testSecret,
  })
  endedThere = 0
  second.events.on('back_channel_logout.received', ({ sessionsEnded }) => (endedThere += sessionsEnded))
}

const at = (path: string): string => journey.app.baseUrl + path
const visit = (path: string, browser = journey.browser): Promise<Page> => browser.get(at(path))
const logInHere = (browser = journey.browser): Promise<Page> => logIn({ app: journey.app, browser })
const logInThere = (browser = journey.browser, person = 'nurse'): Promise<Page> =>
  logIn({ app: journey.app, browser }, person, '/there/cis2/login')

/** Where the browser's person is logged in. */
async function places(browser: Browser): Promise<readonly string[]> {
  const seen = await Promise.all(['/here', '/there'].map((path) => visit(path, browser)))
  return seen.filter(({ status }) => status === 200).map(({ url }) => new URL(url).pathname)
}

async function end(
  provider: Simulator,
  route: string,
  options: LogoutTokenOptions = {},
): Promise<{ status: number }> {
  const body = new URLSearchParams({ logout_token: await provider.createLogoutToken(options) })
  return await fetch(journey.app.url + route, { method: 'POST', body })
}

const outHere = '/cis2/back-channel-logout'
const outThere = '/there/cis2/back-channel-logout'

describe('one number at two providers', () => {
  it('is the same client id, the same secret and the same sub, or this would show nothing', async () => {
    await start()
    expect(here.client.clientId).toBe(there.client.clientId)
    expect(here.issuer).not.toBe(there.issuer)
    await logInHere()
    expect(memberOf(await visit('/here'), 'sub')).toBe(nurse)
    await logInThere()
    expect(memberOf(await visit('/there'), 'sub')).toBe(nurse)
  })

  it('is a login at one, and nobody at the other', async () => {
    await start()
    await logInHere()
    expect(await places(journey.browser)).toEqual(['/here'])
    expect((await visit('/there')).headers.location).toMatch(/^\/there\/cis2\/login/)
    await logInThere()
    expect(await places(journey.browser)).toEqual(['/there'])
    expect(journey.app.events.map(({ name }) => name)).not.toContain('user.switched')
  })

  it('hands nothing of one person’s session to the other', async () => {
    await start({ session: { carryOver: ['basket'] } })
    await logInHere()
    await visit('/here')
    await logIn(journey, 'nurse', '/cis2/login?reauthenticate=true')
    expect(memberOf(await visit('/basket'), 'basket')).toBe(nurse)
    await logInThere()
    expect(memberOf(await visit('/basket'), 'basket')).toBeUndefined()
  })

  it('keeps no role for the other', async () => {
    await start()
    await logIn(journey, 'doctor-many-roles')
    await journey.browser.post(at('/cis2/role'), { roleId: '555000002002' })
    await logInThere(journey.browser, 'doctor-many-roles')
    expect(memberOf(await visit('/there'), 'selectedRole')).toEqual({ outcome: 'ambiguous' })
  })

  it('leaves a demand of the one unread by the other', async () => {
    await start({ acrValues: ['AAL2_ANY'] })
    await logInHere()
    const loginUrl = String(memberOf(await journey.browser.send('GET', at('/strong'), script), 'loginUrl'))
    const demand = new URL(at(loginUrl)).searchParams.get('stepUp') ?? ''
    expect((await visit(loginUrl)).location).toContain(here.url)
    await logInThere()
    const page = await visit(`/there/cis2/login?returnTo=/there/x&stepUp=${demand}`)
    expect(page.location).toBe(at('/there/x'))
  })
})

describe('a logout token', () => {
  const everybody = (): readonly [Browser, Browser] => [journey.browser, journey.anotherBrowser()]

  it.each<readonly [string, LogoutTokenOptions]>([
    ['of the person', { claims: { sid: undefined } }],
    ['of the session', { claims: { sub: undefined } }],
    ['of both', {}],
  ])(
    '%s ends what its own provider began, also where the other calls it the same',
    async (_what, options) => {
      await start()
      const [one, other] = everybody()
      for (const provider of [here, there]) provider.setFault('idTokenClaims', { sid: 'one and the same' })
      await logInHere(one)
      await logInThere(other)
      const token = { ...options, sub: nurse, sid: 'one and the same' }
      expect((await end(here, outHere, token)).status).toBe(200)
      expect([await places(one), await places(other)]).toEqual([[], ['/there']])
      expect((await end(there, outThere, token)).status).toBe(200)
      expect(await places(other)).toEqual([])
      expect(endedThere).toBe(1)
    },
  )

  it('is refused at the other client’s route, and ends nothing', async () => {
    await start()
    const [one, other] = everybody()
    await logInHere(one)
    await logInThere(other)
    expect((await end(here, outThere, { person: 'nurse' })).status).toBe(400)
    expect((await end(there, outHere, { person: 'nurse' })).status).toBe(400)
    expect([await places(one), await places(other)]).toEqual([['/here'], ['/there']])
    expect(journey.app.events.at(-1)).toMatchObject({ reason: 'ERR_CIS2_LOGOUT_TOKEN_ISSUER' })
  })

  it('keeps nobody from logging in at the other provider', async () => {
    await start()
    await logInHere()
    await end(here, outHere, { claims: { sid: undefined } })
    // In the same second, to which the end of the other's logins counts.
    await logInThere()
    expect(await places(journey.browser)).toEqual(['/there'])
  })
})

it('the newest login of a person ends no login of the other provider’s', async () => {
  await start({ session: { concurrent: 'newest-wins' } })
  const [first, next, other] = [journey.browser, journey.anotherBrowser(), journey.anotherBrowser()]
  await logInHere(first)
  await logInThere(other)
  await logInHere(next)
  expect([await places(first), await places(next), await places(other)]).toEqual([[], ['/here'], ['/there']])
})
