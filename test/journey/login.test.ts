import type { AppSettings } from '../support/app.js'
import { logIn, startJourney, startPublicJourney, type Journey } from '../support/login.js'

describe('a login', () => {
  let journey: Journey
  afterEach(() => journey.close())

  it('leads from a protected page through CIS2 back to that page', async () => {
    journey = await startJourney()
    const { app, browser } = journey
    const refused = await browser.get(`${app.baseUrl}/me?tab=1`)
    expect(refused.status).toBe(302)
    const done = await logIn(
      journey,
      'nurse',
      new URL(refused.location ?? '').pathname + new URL(refused.location ?? '').search,
    )
    expect(app.events.filter(({ outcome }) => outcome === 'failure')).toEqual([])
    expect({ status: done.status, location: done.location }).toEqual({
      status: 303,
      location: `${app.baseUrl}/me?tab=1`,
    })
    const page = await browser.get(done.location ?? '')
    expect(JSON.parse(page.text)).toMatchObject({ user: { selectedRole: { outcome: 'only' } } })
  })

  it('works on https behind a proxy with :443 in the issuer and every endpoint', async () => {
    journey = await startPublicJourney()
    const { app, browser } = journey
    const done = await logIn(journey, 'nurse', '/cis2/login?returnTo=/me')
    // The MemoryStore of the tests is nothing for production.
    const failures = app.events.filter(({ outcome }) => outcome === 'failure')
    expect(failures.map((event) => Reflect.get(event, 'option') as unknown)).toEqual(['session store'])
    expect(done.status).toBe(303)
    const page = await browser.get(done.location ?? '')
    expect(page.status).toBe(200)
  })
  it.each([
    'https://rp.sim.test:8443',
    'https://[2001:db8::1]',
    'http://localhost:3999',
    'http://127.0.0.1:3999/app',
    'http://[::1]:3999',
  ])('works at %s', async (publicUrl) => {
    const mount: AppSettings['mount'] = (app, cis2) => {
      app.use(new URL(publicUrl).pathname, cis2.router())
      app.use('/cis2/jwks', cis2.jwks())
    }
    journey = await startPublicJourney({ publicUrl, mount })
    const login = await journey.browser.get(`${publicUrl}/cis2/login`)
    const [cookie = ''] = login.cookies
    expect(cookie.startsWith('__Host-')).toBe(publicUrl.startsWith('https:'))
    expect(cookie.includes('; Secure')).toBe(publicUrl.startsWith('https:'))
    expect(new URL(login.location ?? '').searchParams.get('redirect_uri')).toBe(`${publicUrl}/cis2/callback`)
    const done = await logIn(journey)
    expect([done.status, done.headers.location]).toEqual([303, new URL(`${publicUrl}/`).pathname])
  })
})
