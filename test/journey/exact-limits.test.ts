import { accepted, judge, judgeLogin, refused, reset, type FaultSet } from '../support/judged-login.js'
import { comeBack, startJourney, type Journey } from '../support/login.js'
import { resetClock, setClock } from '../support/fake-clock.js'

// A whole second, so that a claim can be exactly at its limit.
const now = 1_800_000_000
const tolerance = 10
const oldest = 300

let journey: Journey
beforeAll(async () => {
  setClock(now * 1000)
  journey = await startJourney()
})
afterAll(async () => {
  await journey.close()
  resetClock()
})
beforeEach(() => {
  setClock(now * 1000)
  reset(journey)
})

const at = (name: string, offset: number): FaultSet => ({ idTokenClaims: { [name]: now + offset } })
const expired = 'ERR_CIS2_ID_TOKEN_EXPIRED'
const authTime = 'ERR_CIS2_AUTH_TIME'
const malformed = 'ERR_CIS2_ID_TOKEN_MALFORMED'

describe('a claim of an ID token at its limit', () => {
  it.each<readonly [what: string, faults: FaultSet]>([
    ['exp a moment within the tolerance', at('exp', -tolerance + 0.001)],
    ['iat as far ahead as the tolerance', at('iat', tolerance)],
    ['nbf as far ahead as the tolerance', at('nbf', tolerance)],
    ['auth_time as far ahead as the tolerance', at('auth_time', tolerance)],
    ['auth_time as old as is allowed', at('auth_time', -oldest - tolerance)],
  ])('is accepted: %s', async (_what, faults) => {
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
  })

  it.each<readonly [what: string, faults: FaultSet, code: string]>([
    ['exp at the end of the tolerance', at('exp', -tolerance), expired],
    ['iat a moment further ahead', at('iat', tolerance + 0.001), 'ERR_CIS2_ID_TOKEN_ISSUED_AT'],
    ['nbf a moment further ahead', at('nbf', tolerance + 0.001), 'ERR_CIS2_ID_TOKEN_NOT_BEFORE'],
    ['auth_time a moment further ahead', at('auth_time', tolerance + 0.001), authTime],
    ['auth_time a moment older', at('auth_time', -oldest - tolerance - 0.001), authTime],
  ])('is refused: %s', async (_what, faults, code) => {
    expect(await judgeLogin(journey, faults)).toEqual(refused(code, 400, 1))
  })
})

describe('an ID token', () => {
  it.each([
    [1024, 'ERR_CIS2_ID_TOKEN_KEY'],
    [1025, malformed],
  ])('with a kid of %i characters is refused as %s', async (length, code) => {
    expect(await judgeLogin(journey, { idTokenHeader: { kid: 'k'.repeat(length) } })).toEqual(
      refused(code, 400, 1),
    )
  })

  it('may have a sub of 255 characters', async () => {
    const sub = 's'.repeat(255)
    const faults = { idTokenClaims: { sub, uid: undefined }, userInfo: { sub, uid: undefined } }
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
  })
})

describe('UserInfo', () => {
  it('may have a thousand roles', async () => {
    expect(await judgeLogin(journey, { roleCount: 1000 })).toEqual(accepted)
  })
})

describe("CIS2's key set", () => {
  it.each([
    [100, accepted],
    [101, refused('ERR_CIS2_KEYS_INVALID', 502, 1)],
  ])('of %i keys', async (count, verdict) => {
    const own = await startJourney()
    try {
      const jwks: FaultSet['jwks'] = ({ keys }) => {
        const [first] = keys as object[]
        return {
          keys: [first, ...Array.from({ length: count - 1 }, (_, index) => ({ ...first, kid: `${index}` }))],
        }
      }
      expect(await judgeLogin(own, { jwks })).toEqual(verdict)
    } finally {
      await own.close()
    }
  })
})

describe('an attempt', () => {
  it.each([
    // CIS2's code is long worthless by then; what counts is that it was sent.
    ['exactly ten minutes old', 600_000, refused('ERR_CIS2_CODE_REFUSED', 400, 1)],
    ['a millisecond older', 600_001, refused('ERR_CIS2_ATTEMPT_EXPIRED', 400)],
    ['from a minute ahead', -60_000, accepted],
    ['from further ahead', -60_001, refused('ERR_CIS2_ATTEMPT_EXPIRED', 400)],
  ])('%s', async (_what, laterMs, verdict) => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    setClock(now * 1000 + laterMs)
    journey.simulator.setFault('idTokenClaims', {
      iat: now + laterMs / 1000,
      exp: now + laterMs / 1000 + 60,
      auth_time: now + laterMs / 1000,
    })
    expect(await judge(journey, browser, await browser.get(address))).toEqual(verdict)
  })

  it.each([
    [8192, 'ERR_CIS2_CODE_REFUSED', 1],
    [8193, 'ERR_CIS2_PARAMETER_TOO_LONG', 0],
  ])('with a code of %i characters is refused as %s', async (length, code, tokenRequests) => {
    const browser = journey.anotherBrowser()
    const url = new URL(await comeBack({ app: journey.app, browser }))
    url.searchParams.set('code', 'c'.repeat(length))
    expect(await judge(journey, browser, await browser.get(url.href))).toEqual(
      refused(code, 400, tokenRequests),
    )
  })
})
