import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import {
  startSimulator,
  type FaultName,
  type FaultValues,
  type Simulator,
} from '../../lib/simulator/index.js'
import { Browser } from '../support/browser.js'
import { testSecret } from '../support/keys.js'
import { choosePerson } from '../support/login.js'

let simulator: Simulator
let child: ChildProcess
let baseUrl: string
let printed = ''

beforeAll(async () => {
  simulator = await startSimulator()
  const { issuer, client } = simulator
  const timeouts = { requestMs: 400 }
  const options = { issuer, ...client, secret: testSecret, cookieSecret: 'for these tests only', timeouts }
  child = fork(fileURLToPath(new URL('debug-app.js', import.meta.url)), {
    silent: true,
    // A rejection that nobody handles ends the process, whatever listens for it.
    execArgv: ['--unhandled-rejections=strict'],
    env: { PATH: process.env.PATH, CIS2_OPTIONS: JSON.stringify(options) },
  })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += String(chunk)))
  ;[baseUrl] = (await once(child, 'message')) as [string]
})
afterAll(async () => {
  if (child.connected) child.disconnect()
  await simulator.close()
})

async function comeBack(browser: Browser): Promise<string> {
  const login = await browser.get(`${baseUrl}/cis2/login`)
  return await choosePerson(browser, login.location ?? '', 'nurse')
}

/** Sends a callback, and hangs up as soon as CIS2 has been asked for tokens. */
async function hangUp(address: string, browser: Browser): Promise<void> {
  const outgoing = request(address, { headers: { cookie: browser.cookieHeader(address) }, agent: false })
  outgoing.on('error', () => undefined)
  outgoing.end()
  while (simulator.requests.count('token') === 0) await new Promise((resolve) => setImmediate(resolve))
  outgoing.destroy()
}

type Fault = { [N in FaultName]: readonly [N, FaultValues[N]] }[FaultName]

it('never leaves a rejection unhandled, whatever fails and whoever hangs up', async () => {
  // Cold: what many share fails for all of them.
  simulator.setFault('discovery.hang', true)
  const cold = await Promise.all(Array.from({ length: 10 }, () => new Browser().get(`${baseUrl}/cis2/login`)))
  expect(new Set(cold.map(({ status }) => status))).toEqual(new Set([503]))
  simulator.clearFaults()
  while ((await new Browser().get(`${baseUrl}/cis2/login`)).status !== 302) await new Promise(setImmediate)

  const faults: readonly Fault[] = [
    ['jwks.status', 500],
    ['token.hang', true],
    ['token.reset', 'mid-body'],
    ['token.error', 'invalid_client'],
    ['token.body', '{'],
    ['idTokenSignature', 'bit-flipped'],
    ['userInfo.hang', true],
    ['userInfo.huge', Infinity],
    ['userInfo.reset', 'at-once'],
  ]
  for (const [name, value] of faults) {
    const browser = new Browser()
    const address = await comeBack(browser)
    simulator.setFault(name, value)
    const pages = await Promise.all([browser.get(address), browser.get(address)])
    for (const { status } of pages) expect([name, status >= 400]).toEqual([name, true])
    simulator.clearFaults()
  }

  const browser = new Browser()
  const address = await comeBack(browser)
  simulator.requests.clear()
  simulator.setFault('token.hang', true)
  await hangUp(address, browser)
  // The same address again waits for the login that is still under way.
  expect((await browser.get(address)).status).toBe(504)
  simulator.clearFaults()

  expect((await browser.get(await comeBack(browser))).status).toBe(303)
  expect((await browser.get(`${baseUrl}/private`)).text).toBe('555000000001')
  expect(child.exitCode).toBeNull()
  expect(printed).not.toMatch(/unhandled|uncaught/i)
}, 30_000)
