import { generateKeyPairSync } from 'node:crypto'
import {
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
} from 'jose'
import type { PrivateJwk } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { accepted, judge, judgeLogin, reset } from '../support/judged-login.js'
import { testKeys } from '../support/keys.js'
import { comeBack, joinSimulator, type Journey } from '../support/login.js'

function makeKey(kid: string): PrivateJwk {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid }
}

const old = makeKey('old')
const young = makeKey('new')

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  simulator = await startSimulator({ clients: [{ clientId: testKeys.clientId }] })
  // A CIS2 that fetches our keys for every assertion: it judges by the set of that moment.
  simulator.setFault('clientKeysCache', 'none')
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

async function published(): Promise<JSONWebKeySet> {
  return JSON.parse(
    (await journey.anotherBrowser().get(`${journey.app.baseUrl}/cis2/jwks`)).text,
  ) as JSONWebKeySet
}

function assertions(): string[] {
  return simulator.requests.flatMap(({ endpoint, body }) =>
    endpoint === 'token' ? (body?.client_assertion ?? []) : [],
  )
}

describe('a signing key without a kid', () => {
  it('is published and named under its RFC 7638 thumbprint', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signingKey = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    journey = await joinSimulator(simulator, { clientId: testKeys.clientId, signingKey })
    expect(await judgeLogin(journey)).toEqual(accepted)
    const { keys } = await published()
    expect(keys.map(({ kid }) => kid)).toEqual([await calculateJwkThumbprint(keys[0] ?? {})])
    for (const assertion of assertions().slice(-1))
      expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS512', typ: 'JWT', kid: keys[0]?.kid })
  })
})

describe('a rotation of the signing key', () => {
  const steps: readonly (readonly [keys: PrivateJwk[], signs: string])[] = [
    [[old, { ...young, status: 'next' }], 'old'],
    [
      [
        { ...old, status: 'retired' },
        { ...young, status: 'active' },
      ],
      'new',
    ],
    [[young], 'new'],
  ]

  it('publishes the next key before it signs and the last one after, and no login notices', async () => {
    journey = await joinSimulator(simulator, { clientId: testKeys.clientId, jwks: { keys: [old] } })
    const { app } = journey
    for (const [keys, signs] of steps) {
      const browser = journey.anotherBrowser()
      const address = await comeBack({ app, browser })
      app.cis2.setKeys({ keys })
      reset(journey)
      simulator.setFault('clientKeysCache', 'none')
      expect(await judge(journey, browser, await browser.get(address))).toEqual(accepted)
      const set = await published()
      expect(set.keys.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid))
      for (const key of set.keys)
        expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
      expect(assertions().map((assertion) => decodeProtectedHeader(assertion).kid)).toEqual([signs])
      for (const assertion of assertions()) await compactVerify(assertion, createLocalJWKSet(set))
      expect(app.cis2.health().keys).toMatchObject({
        signing: signs,
        published: keys.map(({ kid }) => kid),
      })
    }
  })

  it('in the middle of many logins breaks none of them', async () => {
    journey = await joinSimulator(simulator, { clientId: testKeys.clientId, jwks: { keys: [old] } })
    const { app } = journey
    const logins = []
    for (let each = 0; each < 12; each++) {
      const browser = journey.anotherBrowser()
      logins.push({ browser, address: await comeBack({ app, browser }) })
    }
    simulator.requests.clear()
    const pages = logins.map(async ({ browser, address }, index) => {
      if (index % 4 === 0) app.cis2.setKeys({ keys: steps[(index / 4) % 2]?.[0] ?? [] })
      return await browser.get(address)
    })
    const statuses = (await Promise.all(pages)).map(({ status }) => status)
    expect(statuses).toEqual(logins.map(() => 303))
    const set = await published()
    for (const assertion of assertions()) await compactVerify(assertion, createLocalJWKSet(set))
  })
})
