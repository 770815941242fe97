import { createHmac } from 'node:crypto'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { joinSimulator, logIn, startPublicJourney, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// The id that a browser has.

const secret = 'session cookie secret of the tests'
let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

const signed = (id: string): string =>
  encodeURIComponent(`s:${id}.${createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')}`)

function sessionId(): string {
  const cookie = journey.browser.cookies(journey.app.baseUrl).find(({ name }) => name === 'connect.sid')
  return /^s:([^.]+)\./.exec(decodeURIComponent(cookie?.value ?? ''))?.[1] ?? ''
}

describeWithEveryStore('a session id', (source) => {
  it.each([
    ['unsigned', 'attacker'],
    ['signed', signed('attacker')],
    ['that names a record of the library', signed('cis2.x')],
    ['that is no id at all', 's%3A%00.x'],
  ])('%s, from the browser, is never taken', async (_what, value) => {
    journey = await joinSimulator(simulator, { sessionOptions: { store: await source().empty(), secret } })
    journey.browser.setCookie(journey.app.baseUrl, 'connect.sid', value)
    expect((await logIn(journey)).status).toBe(303)
    // 24 random bytes.
    expect(sessionId()).toMatch(/^[\w-]{32}$/)
    expect(await source().sessionIds()).toEqual([sessionId()])
  })
})

it('is all that the cookie holds, in a cookie that no script and no other host has', async () => {
  journey = await startPublicJourney({
    sessionOptions: {
      name: '__Host-session',
      cookie: { httpOnly: true, secure: true, sameSite: 'lax', path: '/' },
    },
  })
  const page = await logIn(journey)
  const cookie = page.cookies.find((each) => each.startsWith('__Host-session=')) ?? ''
  expect(cookie).toMatch(/^__Host-session=s%3A[\w-]{32}\.[\w%-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  expect(page.cookies.join('; ').length).toBeLessThan(1024)
})

it('two hundred logins and logouts leave no listener, timer or warning behind', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): number => warnings.push(warning)
  process.on('warning', note)
  journey = await joinSimulator(simulator)
  const resources = (): number => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length
  const before = resources()
  for (let i = 0; i < 200; i++) {
    expect((await logIn(journey)).status).toBe(303)
    await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})
  }
  process.off('warning', note)
  expect(warnings).toEqual([])
  expect(resources() - before).toBeLessThan(20)
})
