import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { Browser } from '../support/browser.js'
import { logIn } from '../support/login.js'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { hasPostgresql, startPostgresql, type RunningPostgresql } from './start-postgresql.js'
import { hasRedis, startRedis, type RunningRedis } from './start-redis.js'
import { waitUntil } from './wait-until.js'

const secret = 'signs the session cookies of this test'

describe('the example app refuses to start', () => {
  it.each([
    [
      { REDIS_URL: 'redis://localhost', DATABASE_URL: 'postgres://localhost', SESSION_SECRET: secret },
      'not both',
    ],
    [{ REDIS_URL: 'redis://localhost' }, 'SESSION_SECRET is missing'],
    [{ SESSION_SECRET: 'short' }, 'at least 32 characters'],
    [{ IDLE_TIMEOUT_MINUTES: '2' }, 'IDLE_TIMEOUT_MINUTES must be a whole number between 3 and 720'],
  ])('with %j, and says why', async (settings, reason) => {
    const { code, output } = await startExampleApp(await findFreePort(), settings).ended
    expect(code).toBe(1)
    expect(output).toContain(reason)
    expect(output.trim().split('\n')).toHaveLength(1)
  })

  it('without its database', async () => {
    const url = `postgres://postgres:not-for-the-log@127.0.0.1:${await findFreePort()}/postgres`
    const settings = { DATABASE_URL: url, SESSION_SECRET: secret }
    const { code, output } = await startExampleApp(await findFreePort(), settings).ended
    expect(code).toBe(1)
    expect(output).toContain('ECONNREFUSED')
    expect(output).not.toContain('not-for-the-log')
  })
})

const stores = [
  { name: 'Redis', variable: 'REDIS_URL', isHere: hasRedis, start: startRedis },
  { name: 'PostgreSQL', variable: 'DATABASE_URL', isHere: hasPostgresql, start: startPostgresql },
]

describe.each(stores)('the example app with sessions in $name', ({ name, variable, isHere, start }) => {
  if (!isHere) {
    it('NOT RUN, may be left out unless CIS2_REQUIRE_ALL_SUITES is 1', () => {
      process.stderr.write(`test/browser/example-app-stores.test.ts was not run: ${name} was not found.\n`)
      expect(process.env.CIS2_REQUIRE_ALL_SUITES).not.toBe('1')
    })
    return
  }

  let store: RunningRedis | RunningPostgresql
  let simulator: Simulator
  let settings: Record<string, string>
  let port: number
  let exampleApp: ExampleAppProcess

  beforeAll(async () => {
    store = await start()
    simulator = await startSimulator()
    port = await findFreePort()
    settings = {
      CIS2_ISSUER: simulator.issuer,
      CIS2_CLIENT_ID: simulator.client.clientId,
      CIS2_JWKS: JSON.stringify(simulator.client.jwks),
      CIS2_BASE_URL: `http://localhost:${port}`,
      CIS2_SECRET: 'seals the login attempts of this test',
      SESSION_SECRET: secret,
      [variable]: store.url,
    }
  })

  afterAll(async () => {
    await simulator.close()
    await store.stop()
  })

  afterEach(() => exampleApp.stop())

  async function startApp(): Promise<string> {
    exampleApp = startExampleApp(port, settings)
    return await exampleApp.address
  }

  async function startLoggedIn(): Promise<{ browser: Browser; patients: string }> {
    const baseUrl = await startApp()
    const browser = new Browser()
    const callback = await logIn({ app: { baseUrl }, browser })
    expect(callback.status).toBe(303)
    const patients = `${baseUrl}/patients`
    expect((await browser.get(patients)).status).toBe(200)
    return { browser, patients }
  }

  it('keeps people logged in when it starts again, and stops cleanly', async () => {
    const { browser, patients } = await startLoggedIn()
    await exampleApp.stop()
    expect((await exampleApp.ended).code).toBe(0)

    await startApp()

    expect((await browser.get(patients)).status).toBe(200)
    expect((await new Browser().get(patients)).status).toBe(302)
  })

  it('survives the loss of its store, says so, lets nobody in, and works again when it is back', async () => {
    const { browser, patients } = await startLoggedIn()
    await store.interrupt()
    await waitUntil(() => exampleApp.output().includes(`${name}, where sessions are kept, has a problem`))

    const asked = Date.now()
    const page = await browser.get(patients)

    expect(Date.now() - asked).toBeLessThan(15_000)
    expect([page.status, page.text.includes('Invented ward')]).toEqual([500, false])
    await store.resume()
    await waitUntil(async () => (await browser.get(patients)).status !== 500)
    expect((await new Browser().get(patients)).status).toBe(302)
    expect(exampleApp.output()).not.toContain('not-for-the-log')
  })
})
