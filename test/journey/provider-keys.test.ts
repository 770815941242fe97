import { generateKeyPairSync } from 'node:crypto'
import { jest } from '@jest/globals'
import type { FaultSet } from '../support/judged-login.js'
import { accepted, judge, judgeLogin, refused, reset, setFaults } from '../support/judged-login.js'
import { comeBack, startJourney, type Journey } from '../support/login.js'
import { startApp } from '../support/app.js'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())
beforeEach(() => reset(journey))
afterEach(() => {
  jest.restoreAllMocks()
})

/** The same simulator seen by a process that has no keys yet. Only what never answers uses its time up. */
async function withColdApp(use: (cold: Journey) => Promise<void>, faults: FaultSet = {}): Promise<void> {
  const { simulator } = journey
  const requestMs = 'jwks.hang' in faults || 'jwks.drip' in faults ? 3_000 : 30_000
  const app = await startApp({ issuer: simulator.issuer, ...simulator.client, timeouts: { requestMs } })
  try {
    simulator.forgetClientKeys()
    await use({ ...journey, app, browser: journey.anotherBrowser() })
  } finally {
    await app.close()
  }
}

function passTime(seconds: number): void {
  const start = Date.now()
  jest.spyOn(Date, 'now').mockImplementation(() => start + seconds * 1000)
}

const fetches = (): number => journey.simulator.requests.count('jwks')
const unavailable = 'ERR_CIS2_KEYS_UNAVAILABLE'
const invalid = 'ERR_CIS2_KEYS_INVALID'
const badKey = 'ERR_CIS2_ID_TOKEN_KEY'

const badSets: readonly (readonly [what: string, faults: FaultSet, code: string, status: number])[] = [
  ['no keys', { jwksKeys: 'none' }, invalid, 502],
  ['no list', { jwksKeys: 'missing' }, invalid, 502],
  ['an object as list', { jwksKeys: 'not-array' }, invalid, 502],
  ['__proto__ as list', { 'jwks.body': '{"keys":{"__proto__":[]}}' }, invalid, 502],
  ['ten thousand keys', { jwksKeys: 'ten-thousand' }, invalid, 502],
  [
    'a hundred small keys beside its own',
    { 'jwks.body': (body) => body.replace('"keys":[', `"keys":[${'{"kty":"oct"},'.repeat(100)}`) },
    invalid,
    502,
  ],
  [
    'its keys twice, the last time none',
    { 'jwks.body': (body) => `${body.slice(0, -1)},"keys":[]}` },
    invalid,
    502,
  ],
  ['keys that are no objects', { jwks: { keys: [null, 7, 'key', [], {}] } }, invalid, 502],
  ['an array', { 'jwks.body': '[]' }, invalid, 502],
  ['keys that say they are plain text', { 'jwks.headers': { 'Content-Type': 'text/plain' } }, invalid, 502],
  ['keys that say nothing', { 'jwks.headers': { 'Content-Type': undefined } }, invalid, 502],
  [
    'a redirect to a page of its own',
    { 'jwks.redirect': { status: 302, location: '/openam/' } },
    invalid,
    502,
  ],
  ['status 429', { 'jwks.status': 429 }, unavailable, 503],
  ['an HTML page', { 'jwks.html': true }, invalid, 502],
  ['keys that say they are HTML', { 'jwks.headers': { 'Content-Type': 'text/html' } }, invalid, 502],
  ['half a body', { 'jwks.truncate': true }, invalid, 502],
  ['100 MB', { 'jwks.huge': 100 * 1024 * 1024 }, invalid, 502],
  ['an endless body', { 'jwks.huge': Infinity }, invalid, 502],
  ['compressed white space', { 'jwks.gzip': 'bomb' }, unavailable, 503],
  ['a redirect', { 'jwks.redirect': 302 }, invalid, 502],
  ['status 404', { 'jwks.status': 404 }, invalid, 502],
  ['status 500', { 'jwks.status': 500 }, unavailable, 503],
  ['a connection cut at once', { 'jwks.reset': 'at-once' }, unavailable, 503],
  ['silence', { 'jwks.hang': true }, unavailable, 503],
  ['one byte at a time', { 'jwks.drip': 500 }, unavailable, 503],
]

const goodSets: readonly (readonly [what: string, faults: FaultSet])[] = [
  ['broken neighbours', { jwksKeys: 'malformed-beside-good' }],
  ['a key without kid and a token without', { jwksKeys: 'without-kid', idTokenHeader: { kid: undefined } }],
  ['a key without alg', { jwksKeys: 'without-alg' }],
  ['a key of another type under the same kid', { jwksKeys: 'same-kid-other-type' }],
  ['another key under the same kid', { jwksKeys: 'same-kid-other-key' }],
  ['private members', { jwksKeys: 'private-members' }],
  ['a charset', { 'jwks.headers': { 'Content-Type': 'application/json;charset=UTF-8' } }],
  ['the type of key sets', { 'jwks.headers': { 'Content-Type': 'application/jwk-set+json' } }],
]

describe("CIS2's key set", () => {
  it.each(badSets)('is refused with %s', async (_what, faults, code, status) => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold, faults)).toEqual(refused(code, status, 1))
      journey.simulator.clearFaults()
      const { status: afterwards } = await judgeLogin(cold)
      expect(afterwards).toBe(303)
    }, faults)
  })

  it.each(goodSets)('is accepted with %s', async (_what, faults) => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold, faults)).toEqual(accepted)
    })
  })

  it.each(['rsa-1024', 'use-enc', 'no-verify'] as const)('has no use for a key that is %s', async (kind) => {
    await withColdApp(async (cold) => {
      const verdict = await judgeLogin(cold, { idTokenKey: kind })
      expect(verdict).toEqual(refused(badKey, 400, 1))
    })
  })

  it.each(['RS384', 'RS512', 'PS256', 'ES256'] as const)(
    'does not make %s an algorithm to accept',
    async (alg) => {
      await withColdApp(async (cold) => {
        const verdict = await judgeLogin(cold, { idTokenAlgorithm: alg, jwksKeys: 'without-alg' })
        expect(verdict).toEqual(refused('ERR_CIS2_ID_TOKEN_ALGORITHM', 400, 1))
      })
    },
  )

  it('may name its keys with / + and =', async () => {
    await withColdApp(async (cold) => {
      const kid = 'x/Ak+9bZ/Q=='
      const faults: FaultSet = {
        idTokenHeader: { kid },
        jwks: (set) => ({ keys: (set.keys as object[]).map((key) => ({ ...key, kid })) }),
      }
      expect(await judgeLogin(cold, faults)).toEqual(accepted)
    })
  })

  it('is fetched once for 20 logins at the same time', async () => {
    await withColdApp(async (cold) => {
      const logins = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const browser = journey.anotherBrowser()
          return { browser, address: await comeBack({ app: cold.app, browser }) }
        }),
      )
      reset(cold)
      const pages = await Promise.all(logins.map(({ browser, address }) => browser.get(address)))
      expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([303]))
      expect(fetches()).toBe(1)
    })
  })

  it('is fetched once more for all whose shared fetch failed, so that one failure costs one login at most', async () => {
    await withColdApp(async (cold) => {
      const logins = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const browser = journey.anotherBrowser()
          return { browser, address: await comeBack({ app: cold.app, browser }) }
        }),
      )
      reset(cold)
      journey.simulator.setFault('jwks.status', 500, { times: 1 })
      const pages = await Promise.all(logins.map(({ browser, address }) => browser.get(address)))
      const statuses = pages.map(({ status }) => status)
      expect(statuses.filter((status) => status === 303)).toHaveLength(19)
      expect(statuses.filter((status) => status === 503)).toHaveLength(1)
      expect(fetches()).toBe(2)
    })
  })

  it('may hold several keys for a token that names none', async () => {
    await withColdApp(async (cold) => {
      await journey.simulator.rotateKeys()
      const several = JSON.parse(
        (await journey.anotherBrowser().get(`${journey.simulator.issuer}/connect/jwk_uri`)).text,
      ) as { keys: object[] }
      expect(several.keys.length).toBeGreaterThan(1)
      expect(await judgeLogin(cold, { idTokenHeader: { kid: undefined } })).toEqual(accepted)
      reset(cold)
      const unknown: FaultSet = { idTokenHeader: { kid: undefined }, idTokenKey: 'unpublished' }
      expect(await judgeLogin(cold, unknown)).toEqual(refused('ERR_CIS2_ID_TOKEN_SIGNATURE', 400, 1))
    })
  })

  it('is tried through for a token that names no key, as far as twenty keys', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const stranger = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }
    const behind = (count: number): FaultSet => ({
      idTokenHeader: { kid: undefined },
      jwks: (set) => ({
        keys: [...Array.from({ length: count }, () => stranger), ...(set.keys as object[])],
      }),
    })
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold, behind(15))).toEqual(accepted)
    })
    await withColdApp(async (cold) => {
      reset(cold)
      expect(await judgeLogin(cold, behind(50))).toEqual(refused('ERR_CIS2_ID_TOKEN_SIGNATURE', 400, 1))
    })
  })

  it('is fetched again for the first token of a new key, once', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      await journey.simulator.rotateKeys()
      reset(cold)
      expect(await judgeLogin(cold)).toEqual(accepted)
      reset(cold)
      expect(await judgeLogin(cold)).toEqual(accepted)
      expect(fetches()).toBe(0)
    })
  })

  it('is fetched again for a new key under the old kid', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      await journey.simulator.rotateKeys({ kid: 'same', keepPrevious: false })
      reset(cold)
      expect(await judgeLogin(cold)).toEqual(accepted)
      expect(fetches()).toBe(1)
    })
  })

  it('is fetched once in 30 seconds during a flood of unknown keys, and genuine logins go on', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      reset(cold)
      for (let token = 0; token < 10; token++) {
        const verdict = await judgeLogin(cold, { idTokenHeader: { kid: `random-${token}` } })
        expect(verdict).toMatchObject({ status: 400, isLoggedIn: false })
      }
      journey.simulator.clearFaults()
      expect(await judgeLogin(cold)).toMatchObject({ status: 303, isLoggedIn: true })
      expect(fetches()).toBe(1)
      passTime(31)
      await judgeLogin(cold, { idTokenHeader: { kid: 'later' } })
      await judgeLogin(cold, { idTokenHeader: { kid: 'later still' } })
      expect(fetches()).toBe(2)
    })
  })

  it('is fetched for a new key although the clock was set back after an unknown one', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      await judgeLogin(cold, { idTokenHeader: { kid: 'unknown' } })
      passTime(-3600)
      reset(cold)
      expect(await judgeLogin(cold)).toEqual(accepted)
      await journey.simulator.rotateKeys({ keepPrevious: false })
      reset(cold)
      expect(await judgeLogin(cold)).toEqual(accepted)
    })
  })

  const outages: readonly FaultSet[] = [{ 'jwks.status': 500 }, { 'jwks.hang': true }, { 'jwks.html': true }]
  it.each(outages)(
    'is fetched twice and then after pauses when a flood meets an outage, which is no forgery: %j',
    async (outage) => {
      await withColdApp(async (cold) => {
        expect(await judgeLogin(cold)).toEqual(accepted)
        reset(cold)
        // The pauses are told by the clock, which stands still: a slow machine gets past none of them.
        const start = Date.now()
        jest.spyOn(Date, 'now').mockImplementation(() => start)
        for (let token = 0; token < 10; token++) {
          await judgeLogin(cold, { idTokenHeader: { kid: `random-${token}` }, ...outage })
        }
        expect(
          new Set(cold.app.events.flatMap((event) => (event.name === 'login.failed' ? [event.reason] : []))),
        ).toEqual(new Set(['jwks.html' in outage ? invalid : unavailable]))
        expect(fetches()).toBeLessThanOrEqual(2)
      }, outage)
    },
  )

  it('in hand is used through an outage for four hours more, and no longer', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      reset(cold)
      const start = Date.now()
      const clock = jest.spyOn(Date, 'now')
      clock.mockImplementation(() => start + 700_000)
      expect(await judgeLogin(cold, { 'jwks.status': 500 })).toEqual(accepted)
      expect(cold.app.events.map(({ name }) => name)).toContain('provider.unavailable')
      reset(cold)
      clock.mockImplementation(() => start + 5 * 3600_000)
      expect(await judgeLogin(cold, { 'jwks.status': 500 })).toEqual(refused(unavailable, 503, 1))
    })
  })

  it('forgets a withdrawn key within ten minutes', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      passTime(601)
      reset(cold)
      const withdrawn: FaultSet = {
        jwks: (set) => ({ keys: (set.keys as object[]).map((key) => ({ ...key, kid: 'new' })) }),
      }
      expect(await judgeLogin(cold, withdrawn)).toEqual(refused(badKey, 400, 1))
    })
  })

  it('is looked for where the metadata of the hour say', async () => {
    await withColdApp(async (cold) => {
      expect(await judgeLogin(cold)).toEqual(accepted)
      await journey.simulator.rotateKeys({ keepPrevious: false })
      passTime(3601)
      reset(cold)
      setFaults(journey.simulator, { movedJwksUri: true })
      const browser = journey.anotherBrowser()
      const address = await comeBack({ app: cold.app, browser })
      expect(await judge(cold, browser, await browser.get(address))).toEqual(accepted)
    })
  })
})
