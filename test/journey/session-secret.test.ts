import type { SessionOptions } from 'express-session'
import session from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'

// The session's own secret is rotated by express-session, and the library takes what it makes of it.

let simulator: Simulator
const journeys: Journey[] = []
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(async () => {
  await Promise.all(journeys.map((each) => each.close()))
  await simulator.close()
})

it('a session cookie that is signed with the secret before is good until that secret is taken away', async () => {
  const store = new session.MemoryStore()
  const start = async (secret: NonNullable<SessionOptions['secret']>): Promise<Journey> => {
    const journey = await joinSimulator(simulator, { sessionOptions: { store, secret } })
    journeys.push(journey)
    return journey
  }
  const [before, during, afterwards] = [await start('old'), await start(['new', 'old']), await start('new')]
  await logIn(before)
  const cookie = before.browser.cookieHeader(before.app.baseUrl)
  const statuses = [before, during, afterwards].map(
    async ({ app, browser }) => (await browser.get(`${app.baseUrl}/private`, { cookie })).status,
  )
  expect(await Promise.all(statuses)).toEqual([200, 200, 302])
  await logIn(during)
  const renewed = during.browser.cookieHeader(during.app.baseUrl)
  const { app, browser } = afterwards
  expect((await browser.get(`${app.baseUrl}/private`, { cookie: renewed })).status).toBe(200)
})
