import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import {
  accepted,
  judge,
  judgeLogin,
  refused,
  reset,
  setFaults,
  type FaultSet,
} from '../support/judged-login.js'
import { testKeys } from '../support/keys.js'
import { comeBack, joinSimulator, type Journey } from '../support/login.js'

let simulator: Simulator
let journey: Journey

beforeAll(async () => {
  const { clientId } = testKeys
  simulator = await startSimulator({ clients: [{ clientId, userInfoSigned: true }] })
  journey = await joinSimulator(simulator, {
    userInfo: 'signed',
    clientId,
    jwks: testKeys.jwks,
    timeouts: { requestMs: 5000 },
  })
})
afterAll(async () => {
  await journey.close()
  await simulator.close()
})
beforeEach(() => reset(journey))

const invalid = 'ERR_CIS2_USERINFO_RESPONSE_INVALID'
const subject = 'ERR_CIS2_USERINFO_SUBJECT'

const bad: readonly (readonly [what: string, faults: FaultSet, code: string, status: number])[] = [
  ['no algorithm', { signedUserInfoAlgorithm: 'none' }, invalid, 502],
  ['no algorithm in capitals', { signedUserInfoAlgorithm: 'NONE' }, invalid, 502],
  ['RS384', { signedUserInfoAlgorithm: 'RS384' }, invalid, 502],
  ['RS512', { signedUserInfoAlgorithm: 'RS512' }, invalid, 502],
  ['PS256', { signedUserInfoAlgorithm: 'PS256' }, invalid, 502],
  ['ES256', { signedUserInfoAlgorithm: 'ES256' }, invalid, 502],
  ['HMAC with the public key', { signedUserInfoAlgorithm: 'HS256-pem' }, invalid, 502],
  ['a key that is not published', { signedUserInfoKey: 'unpublished' }, invalid, 502],
  ['a short key', { signedUserInfoKey: 'rsa-1024' }, invalid, 502],
  ['a key for encryption', { signedUserInfoKey: 'use-enc' }, invalid, 502],
  ['a key that comes with it', { signedUserInfoKey: 'embedded-jwk' }, invalid, 502],
  ['a certificate that comes with it', { signedUserInfoKey: 'embedded-x5c' }, invalid, 502],
  ['a key elsewhere', { signedUserInfoKey: 'jku' }, invalid, 502],
  ['a changed signature', { signedUserInfoSignature: 'bit-flipped' }, invalid, 502],
  ['an empty signature', { signedUserInfoSignature: 'empty' }, invalid, 502],
  ['the signature of another token', { signedUserInfoSignature: 'other-token' }, invalid, 502],
  ['a payload changed afterwards', { signedUserInfoSignature: 'tampered-payload' }, invalid, 502],
  ['no kid that is known', { signedUserInfoHeader: { kid: 'unknown' } }, invalid, 502],
  ['a kid that is no text', { signedUserInfoHeader: { kid: 5 } }, invalid, 502],
  ['a typ that is no text', { signedUserInfoHeader: { typ: 5 } }, invalid, 502],
  ['an extension it demands', { signedUserInfoHeader: { crit: ['x'], x: 1 } }, invalid, 502],
  ['two parts', { signedUserInfoSerialisation: 'two-segments' }, invalid, 502],
  ['five parts', { signedUserInfoSerialisation: 'five-segments' }, invalid, 502],
  ['JSON serialisation', { signedUserInfoSerialisation: 'json-flattened' }, invalid, 502],
  ['padding', { signedUserInfoSerialisation: 'padded' }, invalid, 502],
  ['spare bits', { signedUserInfoSerialisation: 'spare-bits' }, invalid, 502],
  ['a list as payload', { signedUserInfoPayload: '[]' }, invalid, 502],
  ['null as payload', { signedUserInfoPayload: 'null' }, invalid, 502],
  ['a payload that is no JSON', { signedUserInfoPayload: '{"sub":' }, invalid, 502],
  ['a payload that is no UTF-8', { signedUserInfoPayload: Uint8Array.of(0x7b, 0xff, 0x7d) }, invalid, 502],
  ['no token at all', { signedUserInfo: 'not.a.token' }, invalid, 502],
  ['an empty answer', { 'userInfo.body': '' }, invalid, 502],
  ['more than 64 KiB', { signedUserInfo: (token) => token + 'A'.repeat(70_000) }, invalid, 502],
  ['another issuer', { signedUserInfoClaims: { iss: 'https://evil.test' } }, invalid, 502],
  ['an issuer in a list', { signedUserInfoClaims: (good) => ({ ...good, iss: [good.iss] }) }, invalid, 502],
  ['another audience', { signedUserInfoClaims: { aud: 'other' } }, invalid, 502],
  ['an empty audience', { signedUserInfoClaims: { aud: [] } }, invalid, 502],
  ['two audiences', { signedUserInfoClaims: { aud: [testKeys.clientId, 'other'] } }, invalid, 502],
  ['null as audience', { signedUserInfoClaims: { aud: null } }, invalid, 502],
  ['no sub', { signedUserInfoClaims: { sub: undefined } }, subject, 400],
  ['the sub of somebody else', { signedUserInfoClaims: { sub: '555000000002' } }, subject, 400],
  ['plain JSON', { 'userInfo.headers': { 'Content-Type': 'application/json' } }, invalid, 502],
  ['a type that begins alike', { 'userInfo.headers': { 'Content-Type': 'application/jwt-x' } }, invalid, 502],
  ['no type', { 'userInfo.headers': { 'Content-Type': undefined } }, invalid, 502],
  ['status 401', { 'userInfo.status': 401 }, 'ERR_CIS2_USERINFO_REFUSED', 502],
  ['status 500', { 'userInfo.status': 500 }, 'ERR_CIS2_USERINFO_UNAVAILABLE', 503],
  ['more than a megabyte', { 'userInfo.huge': 2 * 1024 * 1024 }, invalid, 502],
]

const good: readonly (readonly [what: string, faults: FaultSet])[] = [
  ['as CIS2 sends it, without aud', {}],
  ['our client as audience', { signedUserInfoClaims: { aud: testKeys.clientId } }],
  ['our client in a list', { signedUserInfoClaims: { aud: [testKeys.clientId] } }],
  ['no issuer', { signedUserInfoClaims: { iss: undefined } }],
  ['no kid', { signedUserInfoHeader: { kid: undefined } }],
  ['no typ', { signedUserInfoHeader: { typ: undefined } }],
  ['a type in capitals', { 'userInfo.headers': { 'Content-Type': 'Application/JWT' } }],
  ['white space around it', { 'userInfo.body': (token) => `\n${token}\r\n` }],
]

describe('signed UserInfo', () => {
  // Nothing it names is fetched: the verdict counts stray requests.
  it.each(bad)('is refused with %s', async (_what, faults, code, status) => {
    expect(await judgeLogin(journey, faults)).toEqual(refused(code, status, 1, 1))
  })

  it.each(good)('is accepted with %s', async (_what, faults) => {
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
  })

  it('is asked for as a JWT', async () => {
    await judgeLogin(journey)
    const [request] = simulator.requests.filter(({ endpoint }) => endpoint === 'userInfo')
    expect(request?.headers.accept).toBe('application/jwt')
  })

  it('gives the person, and cannot overrule what the ID token says', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    const claims = { acr: 'AAL9', id_assurance_level: '9', authentication_assurance_level: '9', sid: 'x' }
    setFaults(simulator, { signedUserInfoClaims: claims })
    expect(await judge(journey, browser, await browser.get(address))).toEqual(accepted)
    const { user } = JSON.parse((await browser.get(`${journey.app.baseUrl}/me`)).text) as { user: object }
    expect(user).toMatchObject({
      sub: '555000000001',
      authenticationAssuranceLevel: 3,
      identityAssuranceLevel: 3,
      roles: [expect.objectContaining({ id: expect.any(String) as string })],
    })
  })
})

describe('plain UserInfo', () => {
  it('is refused when it comes signed', async () => {
    const plain = await joinSimulator(simulator, { clientId: testKeys.clientId, jwks: testKeys.jwks })
    expect(await judgeLogin(plain)).toEqual(refused(invalid, 502, 1, 1))
    await plain.close()
  })
})
