import type { PrivateJwk } from '../../lib/index.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import type { Page } from '../support/browser.js'
import { makeRsaJwk } from '../support/keys.js'
import { comeBack, logIn, startJourney, type Journey } from '../support/login.js'

// The drill of docs/keys.md, and what happens without it.

const minute = 60 * 1000
const start = Date.parse('2026-03-01T09:00:00Z')
const monthsAgo = '2025-12-01T09:00:00Z'
const old: PrivateJwk = { ...makeRsaJwk(), kid: 'old' }
const fresh: PrivateJwk = { ...makeRsaJwk(), kid: 'fresh' }

let journey: Journey
let passed: number

beforeEach(async () => {
  passed = 0
  setClock(start)
  journey = await startJourney({ jwks: { keys: [{ ...old, publishedAt: monthsAgo }] } })
  journey.simulator.setFault('clientKeysCache', 'one-hour')
})
afterEach(async () => {
  await journey.close()
  resetClock()
})

/** Moves the clock on, and logs somebody in. Resolves with what became of it. */
async function logInAfter(milliseconds: number): Promise<string> {
  passed += milliseconds
  setClock(start + passed)
  const page = await logIn({ ...journey, browser: journey.anotherBrowser() })
  return outcomeOf(page)
}

function outcomeOf({ location, text }: Page): string {
  if (location === `${journey.app.baseUrl}/`) return 'logged in'
  return location ?? /ERR_CIS2_\w+/.exec(text)?.[0] ?? text
}

/** Somebody logs in every 30 minutes, and three come back from CIS2 while `step` happens. */
async function keepLoggingIn(hours: number, step: () => void = () => undefined): Promise<string[]> {
  const browsers = [journey.anotherBrowser(), journey.anotherBrowser(), journey.anotherBrowser()]
  const callbacks = await Promise.all(browsers.map((browser) => comeBack({ ...journey, browser })))
  const answers = browsers.map((browser, index) => browser.get(callbacks[index] ?? ''))
  step()
  const results = (await Promise.all(answers)).map(outcomeOf)
  for (let done = 0; done < hours * 2; done++) results.push(await logInAfter(30 * minute))
  return results
}

function eventsNamed(name: string): object[] {
  return journey.app.events.filter((event) => event.name === name)
}

describe('a rotation by the drill', () => {
  it('loses no login while the new key takes over by itself', async () => {
    const { cis2 } = journey.app
    const next = { ...fresh, status: 'next' as const, publishedAt: new Date(start).toISOString() }
    const results = [
      ...(await keepLoggingIn(1)),
      ...(await keepLoggingIn(26, () => cis2.setKeys({ keys: [{ ...old, publishedAt: monthsAgo }, next] }))),
      ...(await keepLoggingIn(2, () => cis2.setKeys({ keys: [next, { ...old, status: 'retired' }] }))),
      ...(await keepLoggingIn(2, () => cis2.setKeys({ keys: [next] }))),
    ]
    expect(results.length).toBeGreaterThan(70)
    expect(new Set(results)).toEqual(new Set(['logged in']))
    expect(eventsNamed('keys.rotated')).toMatchObject([
      { kid: 'fresh', previousKid: 'old', time: '2026-03-02T09:00:00.000Z', route: 'keys' },
    ])
    expect(eventsNamed('configuration.warning')).toEqual([])
    expect(cis2.health().keys).toEqual({
      signing: 'fresh',
      published: ['fresh'],
      waiting: [],
      isReloadFailing: false,
    })
  }, 30_000)

  it.each(['one-hour', 'as-cis2'] as const)(
    'loses no login by hand (%s)',
    async (cache) => {
      journey.simulator.setFault('clientKeysCache', cache)
      const { cis2 } = journey.app
      const results = [
        ...(await keepLoggingIn(1)),
        ...(await keepLoggingIn(2, () => cis2.setKeys({ keys: [old, { ...fresh, status: 'next' }] }))),
        ...(await keepLoggingIn(2, () =>
          cis2.setKeys({
            keys: [
              { ...fresh, status: 'active' },
              { ...old, status: 'retired' },
            ],
          }),
        )),
        ...(await keepLoggingIn(2, () => cis2.setKeys({ keys: [{ ...fresh, status: 'active' }] }))),
      ]
      expect(new Set(results)).toEqual(new Set(['logged in']))
      expect(eventsNamed('keys.rotated')).toMatchObject([{ kid: 'fresh', previousKid: 'old' }])
    },
    30_000,
  )

  it('says what waits, and from when it signs', () => {
    const publishedAt = new Date(start).toISOString()
    journey.app.cis2.setKeys({ keys: [old, { ...fresh, status: 'next', publishedAt }] })
    expect(journey.app.cis2.health().keys).toMatchObject({
      signing: 'old',
      published: ['old', 'fresh'],
      waiting: [{ kid: 'fresh', signsFrom: '2026-03-02T09:00:00.000Z' }],
    })
  })
})

describe('a rotation without the drill', () => {
  it.each([
    ['one-hour', 59 * minute],
    ['as-cis2', 0.9 * minute],
  ] as const)('loses the logins of as long as CIS2 keeps its copy (%s)', async (cache, stillLost) => {
    journey.simulator.setFault('clientKeysCache', cache)
    expect(await logInAfter(0)).toBe('logged in')
    journey.app.cis2.setKeys({ keys: [fresh] })
    expect(await logInAfter(0)).toBe('ERR_CIS2_CLIENT_REFUSED')
    expect(await logInAfter(stillLost)).toBe('ERR_CIS2_CLIENT_REFUSED')
    expect(await logInAfter(minute)).toBe('logged in')
    expect(eventsNamed('client_authentication.refused')).toMatchObject([{ kid: 'fresh' }, { kid: 'fresh' }])
  })

  it('is warned of: the key that signed until now is gone', () => {
    journey.app.cis2.setKeys({ keys: [fresh] })
    expect(eventsNamed('configuration.warning')).toMatchObject([
      {
        option: 'jwks',
        message: expect.stringMatching(/^no longer has the key "old", which signed until now/),
      },
    ])
  })

  it('is warned of: a retired key is gone within the hour, and not after it', async () => {
    const { cis2 } = journey.app
    const active = { ...fresh, status: 'active' as const }
    const both = { keys: [active, { ...old, status: 'retired' as const }] }
    cis2.setKeys(both)
    expect(await logInAfter(59 * minute)).toBe('logged in')
    cis2.setKeys({ keys: [active] })
    const warnings = eventsNamed('configuration.warning').map((event) => JSON.stringify(event))
    expect(warnings.filter((text) => text.includes('which was retired 59 minutes ago'))).toHaveLength(1)
    cis2.setKeys(both)
    expect(await logInAfter(2 * minute)).toBe('logged in')
    cis2.setKeys({ keys: [active] })
    expect(eventsNamed('configuration.warning')).toHaveLength(warnings.length)
  })

  it('is warned of once: an active key that is too young', () => {
    const set = {
      keys: [{ ...fresh, status: 'active' as const, publishedAt: new Date(start).toISOString() }, old],
    }
    journey.app.cis2.setKeys(set)
    journey.app.cis2.setKeys(set)
    expect(eventsNamed('configuration.warning')).toMatchObject([
      { message: expect.stringMatching(/"fresh" marked "active" before it was published for 24 hours/) },
    ])
  })
})

describe('the key of another service', () => {
  it('is published beside ours, and never signs', async () => {
    const { kty, n, e } = makeRsaJwk()
    const platform = { kty, n, e, kid: 'api-platform', alg: 'RS512' } as PrivateJwk
    journey.app.cis2.setKeys({ keys: [platform, { ...old, publishedAt: monthsAgo }] })
    const answer = await fetch(`${journey.app.url}/cis2/jwks`)
    expect(await answer.json()).toMatchObject({ keys: [{ ...platform, use: 'sig' }, { kid: 'old' }] })
    expect(journey.app.cis2.health().keys.signing).toBe('old')
    expect(await logInAfter(0)).toBe('logged in')
  })
})
