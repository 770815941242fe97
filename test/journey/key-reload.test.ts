import { inspect } from 'node:util'
import {
  ConfigurationError,
  createCis2,
  type Cis2Options,
  type JwksFunction,
  type PrivateJwk,
  type PrivateJwks,
} from '../../lib/index.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import { makeRsaJwk, testSecret } from '../support/keys.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

// Keys that are read again while the application runs.

const minute = 60 * 1000
const start = Date.parse('2026-03-01T09:00:00Z')
const one: PrivateJwk = { ...makeRsaJwk(), kid: 'one' }
const two: PrivateJwk = { ...makeRsaJwk(), kid: 'two' }

let journey: Journey | undefined
beforeEach(() => setClock(start))
afterEach(async () => {
  await journey?.close()
  journey = undefined
  resetClock()
})

/** An application whose keys come from a function; `answers` are what it says, call after call, the last for good. */
async function startWith(...answers: readonly [() => PrivateJwks, ...JwksFunction[]]) {
  let calls = 0
  const jwks: JwksFunction = () => (answers[Math.min(calls++, answers.length - 1)] ?? answers[0])()
  journey = await startJourney({ jwks })
  const { app } = journey
  return {
    cis2: app.cis2,
    calls: () => calls,
    journey,
    warnings: () =>
      app.events.filter(({ name }) => name === 'configuration.warning').map((event) => inspect(event)),
    /** What is published after so many minutes. */
    async published(minutes: number): Promise<string[]> {
      setClock(start + minutes * minute)
      const answer = await fetch(`${app.url}/cis2/jwks`)
      const { keys } = (await answer.json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    },
  }
}

const only = (key: PrivateJwk) => (): PrivateJwks => ({ keys: [key] })
const both = (): PrivateJwks => ({ keys: [two, { ...one, status: 'retired' }] })

describe('a jwks function', () => {
  it('is called at start-up, and then at most once a minute', async () => {
    const { calls, published } = await startWith(only(one))
    expect(calls()).toBe(1)
    for (const minutes of [0, 0.5, 0.99]) expect(await published(minutes)).toEqual(['one'])
    expect(calls()).toBe(1)
    for (const minutes of [1, 1.5, 1.9]) await published(minutes)
    expect(calls()).toBe(2)
    await published(2)
    expect(calls()).toBe(3)
  })

  it('puts new keys in use without a restart, and a login signs with them', async () => {
    const { journey, published, warnings } = await startWith(only(one), both)
    expect(await published(1)).toEqual(['two', 'one'])
    const page = await logIn(journey)
    expect(page.location).toBe(`${journey.app.baseUrl}/`)
    expect(journey.app.events).toContainEqual(
      expect.objectContaining({ name: 'keys.rotated', kid: 'two', previousKid: 'one' }),
    )
    expect(warnings()).toEqual([])
  })

  it('is asked by a login too', async () => {
    const { journey, cis2, calls } = await startWith(only(one), both)
    setClock(start + minute)
    expect((await logIn(journey)).location).toBe(`${journey.app.baseUrl}/`)
    expect(calls()).toBeGreaterThan(1)
    expect(cis2.health().keys.signing).toBe('two')
  })

  it('is not asked by health()', async () => {
    const { cis2, calls } = await startWith(only(one), both)
    setClock(start + 5 * minute)
    expect(cis2.health().keys.signing).toBe('one')
    expect(calls()).toBe(1)
  })

  it('may answer with a promise after start-up, and the old keys are used until it is kept', async () => {
    let keep = (_keys: PrivateJwks): void => undefined
    const promised = new Promise<PrivateJwks>((resolve) => (keep = resolve))
    const { published, calls } = await startWith(only(one), () => promised)
    expect(await published(1)).toEqual(['one'])
    expect(await published(3)).toEqual(['one'])
    expect(calls()).toBe(2)
    keep(both())
    expect(await published(3)).toEqual(['two', 'one'])
  })

  it.each<readonly [string, JwksFunction, RegExp]>([
    [
      'throws',
      () => {
        throw new Error(`not JSON: ${one.d}`)
      },
      /the function threw, rejected or took too long/,
    ],
    ['rejects', () => Promise.reject(new Error(`not JSON: ${one.d}`)), /the function threw, rejected/],
    ['returns nothing', () => JSON.parse('null') as PrivateJwks, /jwks must be a JWK set/],
    ['returns an empty set', () => ({ keys: [] }), /jwks has no keys/],
    [
      'returns public keys',
      () => ({ keys: [{ kty: 'RSA', n: one.n, e: one.e }] }) as PrivateJwks,
      /has no private key/,
    ],
  ])('that %s later leaves the old keys in use, and is warned of once', async (_, fails, message) => {
    const { cis2, published, warnings, journey } = await startWith(only(one), fails, fails, fails, both)
    for (const minutes of [1, 2, 3]) {
      expect(await published(minutes)).toEqual(['one'])
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(cis2.health().keys).toMatchObject({ signing: 'one', isReloadFailing: true })
    expect((await logIn(journey)).location).toBe(`${journey.app.baseUrl}/`)
    expect(warnings()).toEqual([expect.stringMatching(message)])
    expect(warnings()[0]).toContain('could not be read again, the old keys stay in use')
    expect(warnings()[0]).not.toContain(one.d)
    expect(await published(4)).toEqual(['two', 'one'])
    expect(cis2.health().keys).toMatchObject({ signing: 'two', isReloadFailing: false })
  })

  it('that says the same again does not undo setKeys', async () => {
    const { cis2, published } = await startWith(only(one))
    cis2.setKeys(both())
    expect(await published(5)).toEqual(['two', 'one'])
  })

  it('is asked again when the clock was set back', async () => {
    const { published } = await startWith(only(one), both)
    expect(await published(-10)).toEqual(['two', 'one'])
  })
})

describe('createCis2 with a jwks function', () => {
  function refusalOf(jwks: unknown): string {
    const options = { issuer: 'http://127.0.0.1:9/realm', clientId: 'an-invented-client', secret: testSecret }
    try {
      createCis2({ ...options, baseUrl: 'https://rp.sim.test', jwks } as Cis2Options)
    } catch (error) {
      if (error instanceof ConfigurationError)
        return error.problems.map(({ option, message }) => `${option} ${message}`).join('; ')
      throw error
    }
    return 'accepted'
  }

  it.each<readonly [string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error(one.d)
      },
      /^jwks is a function that threw at start-up$/,
    ],
    [
      'promises',
      () => Promise.resolve({ keys: [one] }),
      /^jwks is a function whose first answer is a promise/,
    ],
    [
      'rejects',
      () => Promise.reject(new Error('vault sealed')),
      /^jwks is a function whose first answer is a promise/,
    ],
    ['returns nothing', () => undefined, /^jwks is a function that returned nothing$/],
    ['returns null', () => null, /^jwks must be a JWK set/],
    [
      'returns a set that cannot sign',
      () => ({ keys: [{ ...one, status: 'retired' }] }),
      /has no private key/,
    ],
  ])('throws at once where it %s', (_, jwks, message) => {
    expect(refusalOf(jwks)).toMatch(message)
    expect(refusalOf(jwks)).not.toContain(one.d)
  })

  it('takes one that returns a set', () => {
    expect(refusalOf(() => ({ keys: [one] }))).toBe('accepted')
  })
})
