import {
  PlatformError,
  ConfigurationError,
  requestPlatformTokens,
  type PlatformTokens,
} from '../../lib/index.js'
import type { PlatformApplicationCredentials, Simulator } from '../../lib/simulator/index.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

let journey: Journey
let simulator: Simulator
let application: PlatformApplicationCredentials
let idToken: string
let accessToken: string

beforeAll(async () => {
  journey = await startJourney()
  simulator = journey.simulator
  application = await simulator.registerPlatformApplication()
  await logIn(journey)
  const { text } = await journey.browser.get(`${journey.app.baseUrl}/me`)
  const { tokens } = JSON.parse(text) as { tokens: { idToken: string; accessToken: string } }
  ;({ idToken, accessToken } = tokens)
})
afterAll(() => journey.close())

async function failure(asking: Promise<unknown>): Promise<unknown> {
  const error: unknown = await asking.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (error instanceof PlatformError || error instanceof ConfigurationError) return error.code
  return error
}

describe('tokens of the API platform without Express', () => {
  it('come for an ID token, with numbers where the platform sends text', async () => {
    const before = Math.floor(Date.now() / 1000)
    const tokens = await requestPlatformTokens({ idToken }, application)
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      expiresAt: expect.any(Number),
      refreshToken: expect.any(String),
      refreshExpiresAt: expect.any(Number),
    })
    expect(tokens.expiresAt - before - 599).toBeLessThan(5)
    expect((tokens.refreshExpiresAt ?? 0) - before - 43_199).toBeLessThan(5)
  })

  it('come for a refresh token, once', async () => {
    const first: PlatformTokens = await requestPlatformTokens({ idToken }, application)
    const { refreshToken = '' } = first
    const second = await requestPlatformTokens({ refreshToken }, application)
    expect(second.accessToken).not.toBe(first.accessToken)
    expect(await failure(requestPlatformTokens({ refreshToken }, application))).toBe(
      'ERR_CIS2_PLATFORM_REFRESH_REFUSED',
    )
    const { refreshToken: next = '' } = second
    expect((await requestPlatformTokens({ refreshToken: next }, application)).accessToken).not.toBe('')
  })

  it('are not refreshed a second time by themselves when the answer is lost', async () => {
    const { refreshToken = '' } = await requestPlatformTokens({ idToken }, application)
    simulator.requests.clear()
    simulator.setFault('platformToken.status', 503, { times: 1 })
    expect(await failure(requestPlatformTokens({ refreshToken }, application))).toBe(
      'ERR_CIS2_PLATFORM_UNAVAILABLE',
    )
    expect(simulator.requests.count('platformToken')).toBe(1)
  })

  it('do not come for an access token of CIS2, and the error says what to give', async () => {
    const asking = requestPlatformTokens({ idToken: accessToken }, application)
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED',
      message: expect.stringContaining('Give the ID token of the login, not its access token.'),
    })
  })

  it.each([200, 403])(
    'do not come from a page (status %i) of something in front of the platform',
    async (status) => {
      const page = new Response('<h1>Log in to the proxy</h1>', {
        status,
        headers: { 'content-type': 'text/html' },
      })
      const asking = requestPlatformTokens(
        { idToken },
        { ...application, fetch: () => Promise.resolve(page) },
      )
      await expect(asking).rejects.toMatchObject({
        code: 'ERR_CIS2_PLATFORM_RESPONSE_INVALID',
        message: expect.stringContaining(`status ${status} and something that is no JSON`),
      })
    },
  )

  it('need a signature: a vault that fails is told as that, and the platform is not asked', async () => {
    simulator.requests.clear()
    const { kty = '', n = '', e = '' } = application.signingKey
    const sign = (): Promise<Uint8Array> => Promise.reject(new Error('the vault is sealed'))
    const asking = requestPlatformTokens(
      { idToken },
      { ...application, signingKey: { publicJwk: { kty, n, e }, alg: 'RS512', sign } },
    )
    await expect(asking).rejects.toMatchObject({ code: 'ERR_CIS2_SIGNING' })
    expect(simulator.requests.count('platformToken')).toBe(0)
  })

  it('need the API secret to be refreshed', async () => {
    const { apiSecret: _secret, ...others } = application
    expect(await failure(requestPlatformTokens({ refreshToken: 'x' }, others))).toBe('ERR_CIS2_CONFIGURATION')
  })
})
