import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PrivateJwk } from '../../lib/index.js'
import type { RunningApp } from '../support/app.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import { makeRsaJwk } from '../support/keys.js'
import { joinSimulator, logIn, startJourney, type Journey } from '../support/login.js'

// Two processes behind one address, deployed hours apart.

const hour = 60 * 60 * 1000
const start = Date.parse('2026-03-01T09:00:00Z')
const old: PrivateJwk = { ...makeRsaJwk(), kid: 'old', publishedAt: '2025-12-01T09:00:00Z' }
const next: PrivateJwk = { ...makeRsaJwk(), kid: 'next', status: 'next', publishedAt: '2026-03-01T09:00:00Z' }

let first: Journey
let second: Journey
let door: Server
let asked: number

beforeEach(async () => {
  asked = 0
  setClock(start)
  // The balancer sends CIS2 to the one and the other.
  const apps = (): RunningApp[] => [first.app, second.app]
  door = createServer((req, res) => apps()[asked++ % 2]?.app(req, res))
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const jwksUri = `http://127.0.0.1:${(door.address() as AddressInfo).port}/cis2/jwks`
  const client = { clientId: '777777777777.apps.national', jwksUri }
  first = await startJourney({ jwks: { keys: [old] } }, { clients: [client] })
  second = await joinSimulator(first.simulator, { jwks: { keys: [old] } })
  first.simulator.setFault('clientKeysCache', 'one-hour')
})
afterEach(async () => {
  await second.close()
  await first.close()
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
  resetClock()
})

/** Logs in at both, after so many hours from the start. */
async function logInAt(hours: number): Promise<string[]> {
  setClock(start + hours * hour)
  const outcomes: string[] = []
  for (const journey of [first, second]) {
    const { location, text } = await logIn({ ...journey, browser: journey.anotherBrowser() })
    outcomes.push(location === `${journey.app.baseUrl}/` ? 'logged in' : text)
  }
  return outcomes
}

it('two processes change keys at the same moment, and lose no login', async () => {
  const outcomes: string[] = []
  for (let halfHours = 0; halfHours <= 60; halfHours++) {
    const hours = halfHours / 2
    if (hours === 1) first.app.cis2.setKeys({ keys: [old, next] })
    if (hours === 4) second.app.cis2.setKeys({ keys: [old, next] })
    if (hours === 26) second.app.cis2.setKeys({ keys: [next] })
    if (hours === 29) first.app.cis2.setKeys({ keys: [next] })
    outcomes.push(...(await logInAt(hours)))
  }
  expect(new Set(outcomes)).toEqual(new Set(['logged in']))
  expect(asked).toBeGreaterThan(20)
  for (const { app } of [first, second]) {
    const rotated = app.events.filter(({ name }) => name === 'keys.rotated')
    expect(rotated).toMatchObject([{ kid: 'next', previousKid: 'old', time: '2026-03-02T09:00:00.000Z' }])
    expect(app.events.filter(({ name }) => name === 'configuration.warning')).toEqual([])
  }
}, 60_000)
