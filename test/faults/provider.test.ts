import { jest } from '@jest/globals'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { failures, judge, judgeLogin, refused, reset } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

// A CIS2 that is neither up nor down.

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(async () => {
  journey = await joinSimulator(simulator)
})
afterEach(async () => {
  jest.restoreAllMocks()
  reset(journey)
  await journey.close()
})

/** The clock runs ahead from here. */
function startClock(): { passSeconds: (seconds: number) => void } {
  let ahead = 0
  const now = Date.now.bind(Date)
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead * 1000)
  return { passSeconds: (seconds) => void (ahead += seconds) }
}

/** The same coin in every run. */
function createCoin(): () => boolean {
  let state = 20_261_125
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >= 2 ** 31
  }
}

describe('a CIS2 of which half the calls fail, for ten minutes', () => {
  const ways = [
    { status: 503 },
    { reset: 'at-once' },
    { reset: 'mid-body' },
    { html: true },
    { truncate: true },
  ] as const

  it('lets in exactly those whose own calls succeeded, and nobody already in is thrown out', async () => {
    const clock = startClock()
    const { browser, app } = journey
    await logIn(journey)
    const isFailing = createCoin()
    for (let login = 0; login < 60; login++) {
      reset(journey)
      const way = Object.entries(ways[login % ways.length] ?? {})[0] ?? []
      const endpoints = (['token', 'userInfo'] as const).filter(isFailing)
      const faults = Object.fromEntries(endpoints.map((endpoint) => [`${endpoint}.${way[0]}`, way[1]]))
      const verdict = await judgeLogin(journey, faults)
      const isExpected = endpoints.length === 0
      // One try each: a code is never sent again, and what failed a moment ago is not held against this login.
      expect({ login, ...verdict }).toMatchObject({
        status: isExpected ? 303 : verdict.status,
        isLoggedIn: isExpected,
        tokenRequests: 1,
      })
      // A GET that meets a connection being closed is sent once more; nothing else is.
      const most = way[1] === 'at-once' ? 2 : 1
      expect(verdict.userInfoRequests).toBeLessThanOrEqual(endpoints.includes('token') ? 0 : most)
      expect(verdict.reasons).toHaveLength(isExpected ? 0 : 1)
      if (!isExpected) expect([502, 503, 504]).toContain(verdict.status)
      clock.passSeconds(10)
      expect((await browser.get(`${app.baseUrl}/private`)).status).toBe(200)
    }
  })

  it('is found again by the first attempt after each failed discovery, which is asked for once each', async () => {
    const clock = startClock()
    const { app } = journey
    const isFailing = createCoin()
    let isKnown = false
    for (let start = 0; start < 20; start++) {
      const isDown = isFailing()
      simulator.clearFaults()
      if (isDown) simulator.setFault('discovery.status', 503)
      const page = await new Browser().get(`${app.baseUrl}/cis2/login`)
      isKnown ||= !isDown
      expect({ start, status: page.status }).toEqual({ start, status: isKnown ? 302 : 503 })
      if (page.status === 503) expect(page.headers['retry-after']).toBeDefined()
      // Longer than the longest pause between two tries.
      clock.passSeconds(31)
    }
    expect(isKnown).toBe(true)
    expect(simulator.requests.count('discovery')).toBeLessThanOrEqual(20)
  })
})

describe('a token endpoint that is asked too much', () => {
  it('is asked once for each login by every process, and not again before people come again', async () => {
    const other = await startApp({ issuer: simulator.issuer, ...simulator.client })
    try {
      const people = Array.from({ length: 20 }, (_each, index) => ({
        app: index % 2 === 0 ? journey.app : other,
        browser: new Browser(),
      }))
      const addresses = await Promise.all(people.map((person) => comeBack(person)))
      simulator.requests.clear()
      simulator.setFault('token.status', { status: 429, headers: { 'Retry-After': '9' } })
      const pages = await Promise.all(people.map(({ browser }, index) => browser.get(addresses[index] ?? '')))
      expect(pages.map(({ status, headers }) => `${status} ${headers['retry-after']}`)).toEqual(
        pages.map(() => '503 9'),
      )
      expect(simulator.requests.count('token')).toBe(20)
      simulator.clearFaults()
      // A code was spent with each: the same addresses ask nothing again, and a new login is let in.
      await Promise.all(people.map(({ browser }, index) => browser.get(addresses[index] ?? '')))
      expect(simulator.requests.count('token')).toBe(20)
      for (const person of people.slice(0, 2)) expect((await logIn(person)).status).toBe(303)
      expect(simulator.requests.count('token')).toBe(22)
    } finally {
      await other.close()
    }
  })
})

describe('keys of CIS2 that rotate three times in a minute', () => {
  it('are found at once the first time, and after the pause at the latest', async () => {
    const clock = startClock()
    await logIn(journey)
    const verdicts = []
    for (let rotation = 0; rotation < 3; rotation++) {
      await simulator.rotateKeys({ keepPrevious: false })
      reset(journey)
      verdicts.push(await judgeLogin(journey))
      clock.passSeconds(10)
    }
    const badKey = refused('ERR_CIS2_ID_TOKEN_KEY', 400, 1)
    expect(verdicts).toEqual([expect.objectContaining({ status: 303, isLoggedIn: true }), badKey, badKey])
    clock.passSeconds(20)
    reset(journey)
    expect(await judgeLogin(journey)).toMatchObject({ status: 303, isLoggedIn: true })
  })

  it('are found by everybody who comes at once, with one fetch', async () => {
    await logIn(journey)
    const people = Array.from({ length: 10 }, () => ({ app: journey.app, browser: journey.anotherBrowser() }))
    const addresses = await Promise.all(people.map((person) => comeBack(person)))
    await simulator.rotateKeys({ keepPrevious: false })
    simulator.requests.clear()
    simulator.setFault('jwks.delay', 200)
    const pages = await Promise.all(people.map(({ browser }, index) => browser.get(addresses[index] ?? '')))
    expect(pages.map(({ status }) => status)).toEqual(people.map(() => 303))
    expect(simulator.requests.count('jwks')).toBe(1)
  })

  it('are found by the next login when the first fetch fails', async () => {
    await logIn(journey)
    await simulator.rotateKeys({ keepPrevious: false })
    reset(journey)
    expect(await judgeLogin(journey, { 'jwks.status': 503 })).toEqual(
      refused('ERR_CIS2_KEYS_UNAVAILABLE', 503, 1),
    )
    reset(journey)
    expect(await judgeLogin(journey)).toMatchObject({ status: 303, isLoggedIn: true })
  })

  it('are found in the middle of a callback', async () => {
    await logIn(journey)
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    await simulator.rotateKeys({ keepPrevious: false })
    reset(journey)
    const verdict = await judge(journey, browser, await browser.get(address))
    expect(verdict).toMatchObject({ status: 303, isLoggedIn: true })
    expect(failures(journey.app.events)).toEqual([])
  })
})
