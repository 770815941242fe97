import { jest } from '@jest/globals'
import type { ErrorRequestHandler, Express } from 'express'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Browser } from '../support/browser.js'
import { failures, judgeLogin, reset } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

// A clock that is wrong by five minutes, and one that jumps.

let simulator: Simulator
let journey: Journey
let ahead: number

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(async () => {
  journey = await joinSimulator(simulator)
  ahead = 0
  const now = Date.now.bind(Date)
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead * 1000)
})
afterEach(async () => {
  jest.restoreAllMocks()
  reset(journey)
  await journey.close()
})

const minutes = 60
const hours = 60 * minutes
const isLoggedIn = async (browser: Browser = journey.browser): Promise<boolean> =>
  (await browser.get(`${journey.app.baseUrl}/private`)).status === 200

interface Times {
  loggedInAt: number
  idleExpiresAt: number
  absoluteExpiresAt: number
}

async function readTimes(): Promise<Times> {
  const { text } = await journey.browser.get(`${journey.app.baseUrl}/me`)
  return (JSON.parse(text) as { session: Times }).session
}

/** An application that hears what the operator reads of its errors. */
async function startHearing(): Promise<{ own: Journey; errors: Error[] }> {
  const errors: Error[] = []
  const hear: ErrorRequestHandler = (error: Error, _req, res, _next) => {
    errors.push(error)
    res.status(400).send('no')
  }
  const after = (app: Express): void => void app.use(hear)
  return { own: await joinSimulator(simulator, { errors: 'next', after }), errors }
}

describe('a clock that differs from CIS2’s', () => {
  it.each([
    ['five minutes slow', 300, 'ERR_CIS2_ID_TOKEN_ISSUED_AT', /\b(29\d|30\d) seconds in the future/],
    ['six minutes fast', -360, 'ERR_CIS2_AUTH_TIME', /\b36\d seconds ago, at most 300/],
  ])('by being %s stops a login with the drift in the error, until it is right', async (...row) => {
    const [, clock, code, words] = row
    const { own, errors } = await startHearing()
    try {
      const verdict = await judgeLogin(own, { clock })
      expect(verdict).toMatchObject({ status: 400, reasons: [code], isLoggedIn: false, userInfoRequests: 0 })
      expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(words)])
      simulator.clearFaults()
      expect((await logIn({ app: own.app, browser: own.anotherBrowser() })).status).toBe(303)
    } finally {
      await own.close()
    }
  })

  it('by being five minutes fast takes the word of CIS2 that somebody has logged out', async () => {
    await logIn(journey)
    ahead = 400
    const iat = Math.floor(Date.now() / 1000) - 300
    expect((await simulator.sendLogoutToken({ claims: { iat } })).status).toBe(200)
    expect(await isLoggedIn()).toBe(false)
  })

  it('by being five minutes slow refuses the word of CIS2, and says so', async () => {
    await logIn(journey)
    ahead = 300
    const token = await simulator.createLogoutToken()
    ahead = 0
    expect(await deliver(token)).toBe(400)
    expect(journey.app.events.at(-1)).toMatchObject({
      name: 'back_channel_logout.refused',
      reason: 'ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT',
      message: expect.stringMatching(/\b(29\d|30\d) seconds in the future/),
    })
    expect(await isLoggedIn()).toBe(true)
  })
})

async function deliver(token: string): Promise<number> {
  const body = new URLSearchParams({ logout_token: token })
  return (await fetch(`${journey.app.url}/cis2/back-channel-logout`, { method: 'POST', body })).status
}

describe('a clock that jumps during a login', () => {
  it('five minutes ahead, still knows what was started', async () => {
    const address = await comeBack(journey, 'cancel')
    ahead = 300
    await journey.browser.get(address)
    expect(failures(journey.app.events)).toEqual(['ERR_CIS2_LOGIN_CANCELLED'])
  })

  it('five minutes back, refuses the callback and takes the next one', async () => {
    const address = await comeBack(journey)
    ahead = -300
    expect((await journey.browser.get(address)).status).toBe(400)
    expect(failures(journey.app.events)).toEqual(['ERR_CIS2_ATTEMPT_EXPIRED'])
    expect((await logIn(journey)).status).toBe(303)
    expect(await isLoggedIn()).toBe(true)
  })

  it('back, is named in the error, and is not in that of a login that took too long', async () => {
    const { own, errors } = await startHearing()
    try {
      for (const seconds of [-300, 601]) {
        ahead = 0
        const address = await comeBack(own)
        ahead = seconds
        await own.browser.get(address)
      }
      expect(errors.map(({ message }) => message)).toEqual([
        expect.stringMatching(/\b(29\d|300) seconds in the future: this machine's clock was set back/),
        expect.not.stringContaining("this machine's clock"),
      ])
    } finally {
      await own.close()
    }
  })
})

describe('a clock that jumps while somebody is logged in', () => {
  it('five minutes ahead and back, ends nothing, and prolongs nothing beyond those minutes', async () => {
    await logIn(journey)
    const before = await readTimes()
    ahead = 300
    expect(await isLoggedIn()).toBe(true)
    ahead = 0
    const after = await readTimes()
    expect(after.absoluteExpiresAt).toBe(before.absoluteExpiresAt)
    expect(after.idleExpiresAt - before.idleExpiresAt).toBeLessThanOrEqual(302)
    ahead = 20 * minutes + 5
    expect(await isLoggedIn()).toBe(false)
  })

  it('five minutes back, logs out whoever logged in after it, who can log in again', async () => {
    await logIn(journey)
    ahead = -300
    expect(await isLoggedIn()).toBe(false)
    expect((await logIn(journey)).status).toBe(303)
    expect(await isLoggedIn()).toBe(true)
  })

  it('five minutes back in the middle of a long session, ends it at its twelve hours all the same', async () => {
    await logIn(journey)
    const { absoluteExpiresAt } = await readTimes()
    const start = absoluteExpiresAt - 12 * hours
    for (ahead = 0; ahead < 6 * hours; ahead += 10 * minutes) expect(await isLoggedIn()).toBe(true)
    ahead -= 300
    for (; Date.now() / 1000 < absoluteExpiresAt - 10; ahead += 10 * minutes)
      expect({ at: Date.now() / 1000 - start, isIn: await isLoggedIn() }).toMatchObject({ isIn: true })
    expect(await isLoggedIn()).toBe(false)
  })

  it('and never comes back from the future, does not keep anybody logged in for ever', async () => {
    ahead = 24 * hours
    await logIn(journey)
    expect(await isLoggedIn()).toBe(true)
    ahead = 0
    expect(await isLoggedIn()).toBe(false)
  })
})
