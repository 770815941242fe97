import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { accepted, judge, refused, reset } from '../support/judged-login.js'
import { choosePerson, joinSimulator, type Journey } from '../support/login.js'

// A CIS2 that takes no notice of PKCE. Only the nonce then ties a code to the browser that asked for it.

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
  journey = await joinSimulator(simulator, {
    // The simulator checks a verifier that it gets, so it gets none.
    fetch: (input, init) => {
      const form = new URLSearchParams(String(init?.body ?? ''))
      form.delete('code_verifier')
      return fetch(input, init?.body ? { ...init, body: form.toString() } : init)
    },
  })
})
afterAll(async () => {
  await journey.close()
  await simulator.close()
})
beforeEach(() => reset(journey))

/** Starts a login whose authorization request loses its challenge on the way: the address of the callback. */
async function comeBackWithoutChallenge(browser: Journey['browser'], person: string): Promise<URL> {
  const login = await browser.get(`${journey.app.baseUrl}/cis2/login`)
  const authorize = new URL(login.location ?? '')
  authorize.searchParams.delete('code_challenge')
  authorize.searchParams.delete('code_challenge_method')
  return new URL(await choosePerson(browser, authorize.href, person))
}

describe('without PKCE', () => {
  it('a code of its own login is taken', async () => {
    const browser = journey.anotherBrowser()
    const callback = await comeBackWithoutChallenge(browser, 'nurse')
    expect(await judge(journey, browser, await browser.get(callback.href))).toEqual(accepted)
  })

  it('a code of another login is refused by its nonce, and nobody is logged in', async () => {
    const stolen = await comeBackWithoutChallenge(journey.anotherBrowser(), 'nurse')
    const browser = journey.anotherBrowser()
    const callback = await comeBackWithoutChallenge(browser, 'pharmacist')
    callback.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    expect(await judge(journey, browser, await browser.get(callback.href))).toEqual(
      refused('ERR_CIS2_ID_TOKEN_NONCE', 400, 1),
    )
  })
})
