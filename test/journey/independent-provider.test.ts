import { jest } from '@jest/globals'
import { startApp, type RunningApp } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { startIndependentProvider, type IndependentProvider } from '../support/independent-provider.js'
import { mapOrigins } from '../support/map-origins.js'
import { testKeys } from '../support/keys.js'

const rp = 'https://rp.sim.test'
const op = 'https://am.sim.test:443'

describe('a login at an independent OpenID provider (oidc-provider)', () => {
  const closing: { close(): Promise<void> }[] = []
  // It has advice about Node 22 and its in-memory store that says nothing about this library.
  beforeAll(() => {
    jest.spyOn(console, 'warn').mockReturnValue()
    jest.spyOn(console, 'info').mockReturnValue()
  })
  afterAll(() => jest.restoreAllMocks())

  afterEach(async () => {
    await Promise.all(closing.splice(0).map((each) => each.close()))
  })

  it('succeeds over plain http on loopback', async () => {
    // The provider needs the application's address and the application the provider's: one is mapped to the other later.
    const origins: Record<string, string> = {}
    const provider = await start(origins, {})
    const app = await startApp({ issuer: provider.issuer, publicUrl: 'http://localhost:3999' })
    closing.push(app)
    origins['http://localhost:3999'] = app.url
    await expectLogin(app, new Browser(origins))
  })

  it('succeeds with :443 in the issuer and in every endpoint', async () => {
    const origins: Record<string, string> = {}
    const provider = await start(origins, { publicOrigin: op })
    origins['https://am.sim.test'] = provider.url
    const app = await startApp({ issuer: provider.issuer, publicUrl: rp, fetch: mapOrigins(origins) })
    closing.push(app)
    origins[rp] = app.url
    const user = await expectLogin(app, new Browser(origins))
    expect(provider.issuer).toContain('://am.sim.test:443/')
    expect(user.tokens.idToken).toEqual(expect.any(String))
  })

  async function start(
    origins: Record<string, string>,
    settings: { publicOrigin?: string },
  ): Promise<IndependentProvider> {
    const base = settings.publicOrigin ? rp : 'http://localhost:3999'
    const provider = await startIndependentProvider({
      clientId: testKeys.clientId,
      redirectUri: `${base}/cis2/callback`,
      jwksUri: `${base}/cis2/jwks`,
      fetch: mapOrigins(origins),
      ...settings,
    })
    closing.push(provider)
    return provider
  }

  async function expectLogin(app: RunningApp, browser: Browser): Promise<{ tokens: { idToken: string } }> {
    const page = await browser.follow(`${app.baseUrl}/me?tab=1`)
    expect({
      status: page.status,
      url: page.url,
      events: app.events.filter((event) => event.reason),
    }).toEqual({
      status: 200,
      url: `${app.baseUrl}/me?tab=1`,
      events: [],
    })
    const person = JSON.parse(page.text) as {
      user: { sub: string; selectedRole: { outcome: string } }
      tokens: { idToken: string }
    }
    expect(person.user).toMatchObject({
      sub: '555000000901',
      authenticationAssuranceLevel: 3,
      selectedRole: { outcome: 'only', role: { jobRole: 'R8001' } },
    })
    return person
  }
})
