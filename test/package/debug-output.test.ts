import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { Browser } from '../support/browser.js'
import { testSecret } from '../support/keys.js'
import { choosePerson } from '../support/login.js'

// What a whole application prints with every debug switch on.

const cookieSecret = 'session cookie secret of the tests'

let simulator: Simulator
let child: ChildProcess
let browser: Browser
let baseUrl: string
const printed: string[] = []

beforeAll(async () => {
  simulator = await startSimulator()
  const { issuer, client } = simulator
  const CIS2_OPTIONS = JSON.stringify({ issuer, ...client, secret: testSecret, cookieSecret, errors: 'next' })
  child = fork(fileURLToPath(new URL('debug-app.js', import.meta.url)), {
    silent: true,
    execArgv: [],
    // Production is where Express writes unhandled errors to standard error.
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DEBUG: '*', CIS2_OPTIONS },
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => printed.push(String(chunk)))
  ;[baseUrl] = (await once(child, 'message')) as [string]
  browser = new Browser()
})
afterAll(async () => {
  if (child.connected) child.disconnect()
  await simulator.close()
})

async function logIn(): Promise<number> {
  const login = await browser.get(`${baseUrl}/cis2/login?returnTo=/private`)
  keepCookies()
  const callback = await choosePerson(browser, login.location ?? '', 'nurse')
  return (await browser.get(callback)).status
}

const cookies = new Map<string, string>()
function keepCookies(): void {
  for (const { name, value } of browser.cookies(baseUrl)) cookies.set(value, name)
}

/** Every secret of the logins so far, by what it is. */
function secrets(idToken: unknown): Map<string, string> {
  const found = new Map<string, string>()
  const add = (what: string, value: unknown): void => {
    if (typeof value === 'string' && value.length > 8) found.set(value, what)
  }
  for (const { body, path, headers } of simulator.requests) {
    for (const name of ['code', 'code_verifier', 'client_assertion']) add(name, body?.[name])
    const query = new URLSearchParams(path.split('?')[1])
    for (const name of ['state', 'nonce']) add(name, query.get(name))
    add('access token', headers.authorization?.replace('Bearer ', ''))
  }
  add('ID token', idToken)
  for (const [value, name] of cookies)
    if (name === 'connect.sid') add('session id', decodeURIComponent(value).slice(2).split('.')[0])
    else add('attempt cookie', value)
  add('cookie secret', cookieSecret)
  add('sealing secret', testSecret)
  for (const key of simulator.client.jwks.keys)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) add('private key', key[member])
  return found
}

// Express's router prints the address that it got, and express-session its ids. Neither is ours to change.
const others: Readonly<Record<string, RegExp>> = {
  code: /^(?:express:)?router\b|^finalhandler\b/,
  state: /^(?:express:)?router\b|^finalhandler\b/,
  'session id': /^express-session\b/,
}

it('with DEBUG=* prints nothing secret of a login that works, nor of one that fails', async () => {
  let idToken: unknown
  simulator.setFault('token', (answer) => {
    idToken = answer.id_token
    return answer
  })
  expect(await logIn()).toBe(303)
  expect((await browser.get(`${baseUrl}/private`)).text).toBe('555000000001')
  keepCookies()
  simulator.setFault('token.error', { error: 'invalid_grant', error_description: 'no' })
  await browser.post(`${baseUrl}/cis2/logout`, {})
  expect(await logIn()).toBe(400)
  const ended = [child.stdout, child.stderr].flatMap((stream) => (stream ? [once(stream, 'end')] : []))
  child.disconnect()
  await Promise.all(ended)

  const output = printed.join('')
  expect(output).toContain('express-session')
  expect(output).toContain('ERR_CIS2_CODE_REFUSED')
  const canaries = secrets(idToken)
  expect([...new Set(canaries.values())].toSorted()).toEqual([
    'ID token',
    'access token',
    'attempt cookie',
    'client_assertion',
    'code',
    'code_verifier',
    'cookie secret',
    'nonce',
    'private key',
    'sealing secret',
    'session id',
    'state',
  ])
  const leaks = output.split('\n').flatMap((line) => {
    const message = line.replace(/^(?:\d{4}-\S+Z|\w{3}, [\w :]+ GMT) /, '')
    return [...canaries]
      .filter(([value, what]) => message.includes(value) && !others[what]?.test(message))
      .map(([, what]) => `${what} in: ${message.slice(0, 60)}`)
  })
  expect(leaks).toEqual([])
}, 30_000)
