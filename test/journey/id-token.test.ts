import type { NextFunction, Request, Response } from 'express'
import type { AppSettings } from '../support/app.js'
import { comeBack, joinSimulator, startJourney, startPublicJourney, type Journey } from '../support/login.js'
import { accepted, judgeLogin, refused, reset, setFaults, type FaultSet } from '../support/judged-login.js'

type Row = readonly [what: string, faults: FaultSet, code: string, status?: number]

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())
beforeEach(() => reset(journey))

const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset
const claims = (changed: Record<string, unknown>): FaultSet => ({ idTokenClaims: changed })
const later = (name: string, offset: number): FaultSet => ({
  idTokenClaims: (good) => ({ ...good, [name]: seconds(offset) }),
})
const issuer = (change: (iss: string) => unknown): FaultSet => ({
  idTokenClaims: (good) => ({ ...good, iss: change(String(good.iss)) }),
})
const nonce = (change: (nonce: string) => unknown): FaultSet => ({
  idTokenClaims: (good) => ({ ...good, nonce: change(String(good.nonce)) }),
})

const algorithm = 'ERR_CIS2_ID_TOKEN_ALGORITHM'
const malformed = 'ERR_CIS2_ID_TOKEN_MALFORMED'
const badKey = 'ERR_CIS2_ID_TOKEN_KEY'
const signature = 'ERR_CIS2_ID_TOKEN_SIGNATURE'
const type = 'ERR_CIS2_ID_TOKEN_TYPE'
const wrongIssuer = 'ERR_CIS2_ID_TOKEN_ISSUER'
const audience = 'ERR_CIS2_ID_TOKEN_AUDIENCE'
const party = 'ERR_CIS2_ID_TOKEN_AUTHORIZED_PARTY'
const expired = 'ERR_CIS2_ID_TOKEN_EXPIRED'
const issuedAt = 'ERR_CIS2_ID_TOKEN_ISSUED_AT'
const notBefore = 'ERR_CIS2_ID_TOKEN_NOT_BEFORE'
const wrongNonce = 'ERR_CIS2_ID_TOKEN_NONCE'
const subject = 'ERR_CIS2_ID_TOKEN_SUBJECT'
const authTime = 'ERR_CIS2_AUTH_TIME'
const level = 'ERR_CIS2_AUTHENTICATION_ASSURANCE'
const identity = 'ERR_CIS2_IDENTITY_ASSURANCE'

const spelling: readonly Row[] = [
  ['no signature part', { idTokenSerialisation: 'two-segments' }, malformed],
  [
    'encryption with a very long key derivation',
    { idTokenSerialisation: 'five-segments' },
    'ERR_CIS2_ID_TOKEN_ENCRYPTED',
  ],
  ['general JSON', { idTokenSerialisation: 'json-general' }, malformed],
  ['flattened JSON', { idTokenSerialisation: 'json-flattened' }, malformed],
  ['an array around it', { idTokenSerialisation: 'array' }, 'ERR_CIS2_ID_TOKEN_MISSING'],
  ['a byte order mark', { idTokenSerialisation: 'byte-order-mark' }, malformed],
  ['white space', { idTokenSerialisation: 'white-space' }, malformed],
  ['padding', { idTokenSerialisation: 'padded' }, malformed],
  ['spare bits', { idTokenSerialisation: 'spare-bits' }, malformed],
  ['no text', { idToken: '' }, 'ERR_CIS2_ID_TOKEN_MISSING'],
  ['dots only', { idToken: '..' }, malformed],
  ['more than 64 KiB', claims({ filler: 'x'.repeat(70_000) }), malformed],
  ['a null payload', { idTokenPayload: 'null' }, malformed],
  ['an array payload', { idTokenPayload: '[]' }, malformed],
  ['a text payload', { idTokenPayload: '"x"' }, malformed],
  ['a payload that is no JSON', { idTokenPayload: 'sub=1' }, malformed],
  [
    'a payload that is no UTF-8',
    { idTokenPayload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    malformed,
  ],
  ['a deeply nested payload', { idTokenPayload: '['.repeat(20_000) + ']'.repeat(20_000) }, malformed],
]

const header: readonly Row[] = [
  ...(['none', 'None', 'NONE', 'nOnE'] as const).map((alg): Row => [
    `alg ${alg}`,
    { idTokenAlgorithm: alg },
    malformed,
  ]),
  ...(['HS256-pem', 'HS256-der', 'HS256-jwk', 'HS256-n', 'RS384', 'RS512', 'PS256', 'ES256'] as const).map(
    (alg): Row => [`alg ${alg}`, { idTokenAlgorithm: alg }, algorithm],
  ),
  ['no alg', { idTokenHeader: { alg: undefined } }, algorithm],
  ['an array as alg', { idTokenHeader: { alg: ['RS256'] } }, algorithm],
  ['a number as alg', { idTokenHeader: { alg: 256 } }, algorithm],
  ['alg in lower case', { idTokenHeader: { alg: 'rs256' } }, algorithm],
  ['alg none and a signature', { idTokenHeader: { alg: 'none' } }, algorithm],
  ['an unknown critical extension', { idTokenHeader: { crit: ['exp'], exp: 1 } }, malformed],
  ['an empty list of critical extensions', { idTokenHeader: { crit: [] } }, malformed],
  ['an unencoded payload', { idTokenHeader: { crit: ['b64'], b64: false } }, malformed],
  ['b64 alone', { idTokenHeader: { b64: true } }, malformed],
  ['a kid that is a path', { idTokenHeader: { kid: '../../etc/passwd' } }, badKey],
  ['a kid that is SQL', { idTokenHeader: { kid: "' OR 1=1" } }, badKey],
  [
    'the kid __proto__',
    { idTokenHeader: () => JSON.parse('{"alg":"RS256","kid":"__proto__"}') as unknown },
    badKey,
  ],
  ['the kid constructor', { idTokenHeader: { kid: 'constructor' } }, badKey],
  ['an empty kid', { idTokenHeader: { kid: '' } }, badKey],
  ['a kid of 100 kB', { idTokenHeader: { kid: 'k'.repeat(100_000) } }, malformed],
  ['a kid of 40 kB', { idTokenHeader: { kid: 'k'.repeat(40_000) } }, malformed],
  ['a number as kid', { idTokenHeader: { kid: 7 } }, malformed],
  ['an array as kid', { idTokenHeader: { kid: ['a'] } }, malformed],
  ['null as kid', { idTokenHeader: { kid: null } }, malformed],
  ['null as alg', { idTokenHeader: { alg: null } }, algorithm],
  ['an empty typ', { idTokenHeader: { typ: '' } }, type],
  ['a number as typ', { idTokenHeader: { typ: 7 } }, malformed],
  ['the type of logout tokens', { idTokenHeader: { typ: 'logout+jwt' } }, type],
  ['the type of access tokens', { idTokenHeader: { typ: 'at+jwt' } }, type],
  ['the type of client assertions', { idTokenHeader: { typ: 'client-authentication+jwt' } }, type],
]

const signing: readonly Row[] = [
  ['another key under the right kid', { idTokenSignature: 'other-key' }, signature],
  ['one bit flipped', { idTokenSignature: 'bit-flipped' }, signature],
  ['one byte missing', { idTokenSignature: 'truncated' }, signature],
  ['no byte', { idTokenSignature: 'empty' }, malformed],
  ['zeros', { idTokenSignature: 'zeros' }, signature],
  ['that of another token', { idTokenSignature: 'other-token' }, signature],
  ['a payload changed afterwards', { idTokenSignature: 'tampered-payload' }, signature],
  ["an attacker's key in the header", { idTokenKey: 'embedded-jwk' }, signature],
  ["an attacker's certificate in the header", { idTokenKey: 'embedded-x5c' }, signature],
  ["an attacker's key set in the header", { idTokenKey: 'jku' }, badKey],
  ["an attacker's certificate address in the header", { idTokenKey: 'x5u' }, badKey],
  ['a key that is in no set', { idTokenKey: 'unpublished' }, badKey],
]

const wrongClaims: readonly Row[] = [
  ['no iss', claims({ iss: undefined }), wrongIssuer],
  ['another iss', claims({ iss: 'https://evil.test' }), wrongIssuer],
  ['iss with a slash at its end', issuer((iss) => `${iss}/`), wrongIssuer],
  ['iss with its end missing', issuer((iss) => iss.slice(0, -1)), wrongIssuer],
  ['iss in capitals', issuer((iss) => iss.toUpperCase()), wrongIssuer],
  ['iss with another port', issuer((iss) => iss.replace(/:\d+\//, ':443/')), wrongIssuer],
  ['iss null', claims({ iss: null }), wrongIssuer],
  ['iss with something before it', issuer((iss) => `x${iss}`), wrongIssuer],
  ['iss in an array', issuer((iss) => [iss]), wrongIssuer],
  ['no aud', claims({ aud: undefined }), audience],
  ['another aud', claims({ aud: 'another.apps.national' }), audience],
  ['aud null', claims({ aud: null }), audience],
  ['aud as an object', { idTokenClaims: (good) => ({ ...good, aud: { 0: good.aud, length: 1 } }) }, audience],
  [
    'aud with our client twice',
    { idTokenClaims: (good) => ({ ...good, aud: [good.aud, good.aud] }) },
    audience,
  ],
  [
    'aud in capitals',
    { idTokenClaims: (good) => ({ ...good, aud: String(good.aud).toUpperCase() }) },
    audience,
  ],
  ['aud without entries', claims({ aud: [] }), audience],
  [
    'aud with a stranger',
    { idTokenClaims: (good) => ({ ...good, aud: [good.aud, 'another'], azp: undefined }) },
    audience,
  ],
  [
    'aud with a stranger and azp',
    { idTokenClaims: (good) => ({ ...good, aud: [good.aud, 'another'] }) },
    audience,
  ],
  ['aud in two arrays', { idTokenClaims: (good) => ({ ...good, aud: [[good.aud]] }) }, audience],
  [
    'aud that begins right',
    { idTokenClaims: (good) => ({ ...good, aud: `${String(good.aud)}.evil` }) },
    audience,
  ],
  ['another azp', claims({ azp: 'another' }), party],
  ['null as azp', claims({ azp: null }), party],
  ['an empty azp', claims({ azp: '' }), party],
  ['azp in an array', { idTokenClaims: (good) => ({ ...good, azp: [good.azp] }) }, party],
  ['no exp', claims({ exp: undefined }), expired],
  ['exp eleven seconds ago', later('exp', -11), expired],
  ['exp as text', { idTokenClaims: (good) => ({ ...good, exp: String(good.exp) }) }, expired],
  ['exp in an array', { idTokenClaims: (good) => ({ ...good, exp: [good.exp] }) }, expired],
  ['exp true', claims({ exp: true }), expired],
  ['exp null', claims({ exp: null }), expired],
  ['exp negative', claims({ exp: -1 }), expired],
  ['exp zero', claims({ exp: 0 }), expired],
  ['exp beyond all numbers', { idTokenPayload: (good) => good.replace(/"exp":\d+/, '"exp":1e999') }, expired],
  ['no iat', claims({ iat: undefined }), issuedAt],
  ['iat as text', { idTokenClaims: (good) => ({ ...good, iat: String(good.iat) }) }, issuedAt],
  ['iat negative', claims({ iat: -1 }), issuedAt],
  ['iat in an array', { idTokenClaims: (good) => ({ ...good, iat: [good.iat] }) }, issuedAt],
  ['iat as an object', claims({ iat: {} }), issuedAt],
  [
    'iat beyond all numbers',
    { idTokenPayload: (good) => good.replace(/"iat":\d+/, '"iat":1e999') },
    issuedAt,
  ],
  ['iat null', claims({ iat: null }), issuedAt],
  ['iat a minute ahead', later('iat', 60), issuedAt],
  ['nbf a minute ahead', later('nbf', 60), notBefore],
  ['nbf as text', claims({ nbf: '1' }), notBefore],
  ['nbf negative', claims({ nbf: -1 }), notBefore],
  ['nbf null', claims({ nbf: null }), notBefore],
  ['no nonce', claims({ nonce: undefined }), wrongNonce],
  ['another nonce', claims({ nonce: 'another' }), wrongNonce],
  ['an empty nonce', claims({ nonce: '' }), wrongNonce],
  ['null as nonce', claims({ nonce: null }), wrongNonce],
  ['a number as nonce', claims({ nonce: 1 }), wrongNonce],
  ['nonce with 1 at its end', nonce((good) => `${good}1`), wrongNonce],
  ['half of the nonce', nonce((good) => good.slice(0, 20)), wrongNonce],
  ['nonce in lower case', nonce((good) => good.toLowerCase()), wrongNonce],
  ['nonce in an array', nonce((good) => [good]), wrongNonce],
  ['no sub', claims({ sub: undefined }), subject],
  ['an empty sub', claims({ sub: '' }), subject],
  ['a number as sub', claims({ sub: 555000000001 }), subject],
  ['an array as sub', claims({ sub: ['555000000001'] }), subject],
  ['null as sub', claims({ sub: null }), subject],
  ['a sub of 256 characters', claims({ sub: '5'.repeat(256) }), subject],
  ['a NUL in sub', claims({ sub: '5550\u0000' }), subject],
  ['an object as sub', claims({ sub: { id: '1' } }), subject],
  ['true as sub', claims({ sub: true }), subject],
  ["another person's uid", claims({ uid: '555000000002' }), subject],
  ['a delete character in sub', claims({ sub: '5550\u007f' }), subject],
  ['a next-line character in sub', claims({ sub: '5550\u0085' }), subject],
  ['a line feed in sub', claims({ sub: '5550\n' }), subject],
  ['another at_hash', claims({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'ERR_CIS2_ID_TOKEN_AT_HASH'],
  ['an empty at_hash', claims({ at_hash: '' }), 'ERR_CIS2_ID_TOKEN_AT_HASH'],
  [
    'at_hash in an array',
    { idTokenClaims: (good) => ({ ...good, at_hash: [good.at_hash] }) },
    'ERR_CIS2_ID_TOKEN_AT_HASH',
  ],
  [
    'at_hash with padding',
    { idTokenClaims: (good) => ({ ...good, at_hash: `${String(good.at_hash)}==` }) },
    'ERR_CIS2_ID_TOKEN_AT_HASH',
  ],
  [
    'half of at_hash',
    { idTokenClaims: (good) => ({ ...good, at_hash: String(good.at_hash).slice(0, 11) }) },
    'ERR_CIS2_ID_TOKEN_AT_HASH',
  ],
  ['null as at_hash', claims({ at_hash: null }), 'ERR_CIS2_ID_TOKEN_AT_HASH'],
  ['another c_hash', claims({ c_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'ERR_CIS2_ID_TOKEN_C_HASH'],
  ['an empty c_hash', claims({ c_hash: '' }), 'ERR_CIS2_ID_TOKEN_C_HASH'],
  ['a number as c_hash', claims({ c_hash: 7 }), 'ERR_CIS2_ID_TOKEN_C_HASH'],
  ['the events of a logout token', claims({ events: {} }), type],
  [
    'nothing but what a logout token has',
    { idTokenClaims: ({ iss, aud, iat, exp, sub, sid }) => ({ iss, aud, iat, exp, sub, sid, events: {} }) },
    type,
  ],
  [
    'what an access token has',
    { idTokenClaims: ({ iss, iat, exp, sub }) => ({ iss, iat, exp, sub, aud: 'https://api.test' }) },
    audience,
  ],
]

const authentication: readonly Row[] = [
  ['no auth_time', claims({ auth_time: undefined }), authTime],
  [
    'auth_time as text',
    { idTokenClaims: (good) => ({ ...good, auth_time: String(good.auth_time) }) },
    authTime,
  ],
  ['auth_time null', claims({ auth_time: null }), authTime],
  ['auth_time a minute ahead', later('auth_time', 60), authTime],
  ['auth_time 320 seconds ago', later('auth_time', -320), authTime],
  ['auth_time zero', claims({ auth_time: 0 }), authTime],
  [
    'auth_time beyond all numbers',
    { idTokenPayload: (good) => good.replace(/"auth_time":\d+/, '"auth_time":1e999') },
    authTime,
  ],
  [
    'auth_time in an array',
    { idTokenClaims: (good) => ({ ...good, auth_time: [good.auth_time] }) },
    authTime,
  ],
  ['an authentication level too low', claims({ authentication_assurance_level: '2' }), level, 403],
  ['the authentication level 1 as a number', claims({ authentication_assurance_level: 1 }), level, 403],
  ...[undefined, null, '', '3abc', ' 3', '03', ['3'], {}, 2.5, -3, '-3', '1e1', 1e300, true].map(
    (value): Row => [
      `the authentication level ${JSON.stringify(value)}`,
      claims({ authentication_assurance_level: value }),
      level,
      403,
    ],
  ),
  ['an identity level too low', claims({ id_assurance_level: '2' }), identity, 403],
  ['the identity level 1 as a number', claims({ id_assurance_level: 1 }), identity, 403],
  ...[null, '', '3abc', ['3'], {}, false].map((value): Row => [
    `the identity level ${JSON.stringify(value)}`,
    claims({ id_assurance_level: value }),
    identity,
    403,
  ]),
]

const good: readonly (readonly [what: string, faults: FaultSet])[] = [
  ['nothing unusual', {}],
  ['no kid', { idTokenHeader: { kid: undefined } }],
  ['no typ', { idTokenHeader: { typ: undefined } }],
  ['typ in lower case', { idTokenHeader: { typ: 'jwt' } }],
  ['aud in an array', { idTokenClaims: (each) => ({ ...each, aud: [each.aud] }) }],
  ['no azp', claims({ azp: undefined })],
  ['no at_hash and no c_hash', claims({ at_hash: undefined, c_hash: undefined })],
  ['exp eight seconds ago', later('exp', -8)],
  ['exp in a very far future', claims({ exp: 1e300 })],
  [
    'fractions of seconds',
    { idTokenClaims: (each) => ({ ...each, iat: Number(each.iat) + 0.5, exp: Number(each.exp) + 0.25 }) },
  ],
  // It is exp that says how long a token is good, and the nonce that it is new.
  ['iat a week ago', later('iat', -7 * 86_400)],
  [
    'a claim nested deep',
    { idTokenPayload: (token) => `{"deep":${'['.repeat(15_000)}${']'.repeat(15_000)},${token.slice(1)}` },
  ],
  ['iat eight seconds ahead', later('iat', 8)],
  ['nbf eight seconds ahead', later('nbf', 8)],
  ['auth_time eight seconds ahead', later('auth_time', 8)],
  ['auth_time 290 seconds ago', later('auth_time', -290)],
  ['levels as numbers', claims({ authentication_assurance_level: 3, id_assurance_level: 3 })],
  ['levels of two digits', claims({ authentication_assurance_level: '10', id_assurance_level: 10 })],
  ['an authentication level above the highest', claims({ authentication_assurance_level: '4' })],
  ['a clock eight seconds fast', { clock: 8 }],
  ['a clock half a minute slow', { clock: -30 }],
]

function refuses(rows: readonly Row[]): void {
  const whole = rows.map(([what, faults, code, status = 400]) => ({ what, faults, code, status }))
  it.each(whole)('is refused for $what', async ({ faults, code, status }) => {
    expect(await judgeLogin(journey, faults)).toEqual(refused(code, status, 1))
  })
}

describe('the spelling of an ID token', () => refuses(spelling))
describe('the header of an ID token', () => refuses(header))
describe('the signature of an ID token', () => refuses(signing))
describe('the claims of an ID token', () => refuses(wrongClaims))
describe('the authentication that an ID token tells of', () => refuses(authentication))

describe('an ID token', () => {
  it.each(good)('is accepted with %s', async (_what, faults) => {
    expect(await judgeLogin(journey, faults)).toEqual(accepted)
  })

  it('cannot reach the prototype of anything or the methods of the session', async () => {
    const names = ['toString', 'save', 'destroy', 'regenerate', 'cookie', 'id', 'constructor']
    const planted = `{"__proto__":{"isAdmin":true},${names.map((name) => `"${name}":"planted"`).join(',')},`
    const verdict = await judgeLogin(journey, { idTokenPayload: (token) => planted + token.slice(1) })
    expect(verdict).toEqual(accepted)
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    expect(await judgeLogin(journey)).toMatchObject({ status: 303, isLoggedIn: true })
  })

  it('has the last of two equal members', async () => {
    const verdict = await judgeLogin(journey, {
      idTokenPayload: (token) => `{"sub":"555999999999",${token.slice(1)}`,
    })
    expect(verdict).toEqual(accepted)
  })

  it('of a very far future makes no login that lasts for ever', async () => {
    const browser = journey.anotherBrowser()
    const address = await comeBack({ app: journey.app, browser })
    setFaults(journey.simulator, claims({ exp: 1e300 }))
    await browser.get(address)
    const { session } = JSON.parse((await browser.get(`${journey.app.baseUrl}/me`)).text) as {
      session: Record<string, number>
    }
    expect(session.absoluteExpiresAt).toBeLessThanOrEqual(seconds(12 * 3600))
    expect(session.idleExpiresAt).toBeLessThanOrEqual(seconds(15 * 60))
  })

  it('is refused as none where the metadata allow none', async () => {
    const metadata = { id_token_signing_alg_values_supported: ['none', 'HS256'] }
    const careless = await joinSimulator(journey.simulator)
    try {
      setFaults(journey.simulator, { discovery: metadata, idTokenAlgorithm: 'none' })
      expect(await judgeLogin(careless)).toEqual(refused(malformed, 400, 1))
      reset(careless)
      setFaults(journey.simulator, { discovery: metadata, idTokenAlgorithm: 'HS256-pem' })
      expect(await judgeLogin(careless)).toEqual(refused(algorithm, 400, 1))
    } finally {
      await careless.close()
    }
  })

  it('is refused when the other clock is ten minutes ahead', async () => {
    const verdict = await judgeLogin(journey, {
      idTokenClaims: (each) => ({ ...each, iat: seconds(600), exp: seconds(4000) }),
    })
    expect(verdict).toEqual(refused(issuedAt, 400, 1))
  })

  it('is refused for a person below the required authentication level', async () => {
    expect(await judgeLogin(journey, {}, 'aal2-only')).toEqual(refused(level, 403, 1))
  })

  it('is refused for a person below the required identity level', async () => {
    expect(await judgeLogin(journey, {}, 'low-identity')).toEqual(refused(identity, 403, 1))
  })

  it('is accepted for a person whose levels are numbers', async () => {
    expect(await judgeLogin(journey, {}, 'integer-levels')).toEqual(accepted)
  })
})

describe('an ID token from a provider with :443 in its issuer', () => {
  it.each<readonly [string, (iss: string) => string]>([
    ['without its port', (iss) => iss.replace(':443', '')],
    ['with another port', (iss) => iss.replace(':443', ':8443')],
    ['with its host in capitals', (iss) => iss.replace('am.sim.test', 'AM.SIM.TEST')],
  ])('is refused for iss %s', async (_what, change) => {
    const strict = await startPublicJourney()
    try {
      expect(await judgeLogin(strict, issuer(change))).toMatchObject(refused(wrongIssuer, 400, 1))
      reset(strict)
      expect(
        await judgeLogin(
          strict,
          issuer((iss) => iss),
        ),
      ).toEqual(accepted)
    } finally {
      await strict.close()
    }
  })
})

describe('an ID token for a client with an elliptic curve', () => {
  let curve: Journey
  beforeAll(async () => {
    curve = await startJourney({ idTokenSigningAlgorithm: 'ES256' })
  })
  afterAll(() => curve.close())
  beforeEach(() => reset(curve))

  it('is accepted when it is signed with it', async () => {
    expect(await judgeLogin(curve, { idTokenAlgorithm: 'ES256' })).toEqual(accepted)
  })

  it.each(['zeros', 'empty', 'bit-flipped', 'truncated', 'other-token'] as const)(
    'is refused with a signature that is %s',
    async (kind) => {
      const faults: FaultSet = { idTokenAlgorithm: 'ES256', idTokenSignature: kind }
      expect(await judgeLogin(curve, faults)).toEqual(
        refused(kind === 'empty' ? malformed : signature, 400, 1),
      )
    },
  )

  it('is refused when it is signed with RSA', async () => {
    expect(await judgeLogin(curve)).toEqual(refused(algorithm, 400, 1))
  })
})

describe('an ID token for a client that allows the clocks a minute', () => {
  it.each([
    [30, accepted],
    [-30, accepted],
    [55, accepted],
    [70, refused(issuedAt, 400, 1)],
  ])('from a clock that differs by %i seconds is judged so', async (clock, verdict) => {
    const patient = await joinSimulator(journey.simulator, { clockToleranceSeconds: 60 })
    try {
      expect(await judgeLogin(patient, { clock })).toEqual(verdict)
    } finally {
      await patient.close()
    }
  })
})

describe('an ID token from a clock ten minutes slow', () => {
  it('is refused, because the authentication looks old, unless older ones are allowed', async () => {
    expect(await judgeLogin(journey, { clock: -600 })).toEqual(refused(authTime, 400, 1))
    const patient = await joinSimulator(journey.simulator, { maximumAuthAgeSeconds: 900 })
    try {
      reset(patient)
      expect(await judgeLogin(patient, { clock: -600 })).toEqual(accepted)
      reset(patient)
      expect(await judgeLogin(patient, { clock: -600, ...later('exp', -11) })).toEqual(
        refused(expired, 400, 1),
      )
    } finally {
      await patient.close()
    }
  })
})

describe('an ID token for a client with a limit of its own', () => {
  it.each<readonly [string, AppSettings]>([
    ['max_age', { maxAgeSeconds: 200 }],
    ['prompt=login', { maximumAuthAgeSeconds: 200 }],
    ['neither prompt nor max_age', { prompt: false, maximumAuthAgeSeconds: 200 }],
  ])('tells of an authentication that is recent enough, with %s', async (_what, settings) => {
    const lenient = await startJourney(settings)
    try {
      expect(await judgeLogin(lenient, later('auth_time', -190))).toEqual(accepted)
      reset(lenient)
      expect(await judgeLogin(lenient, later('auth_time', -215))).toEqual(refused(authTime, 400, 1))
    } finally {
      await lenient.close()
    }
  })
})

describe('an ID token for a client that asks for a class of authentication', () => {
  let demanding: Journey
  beforeAll(async () => {
    demanding = await startJourney({ acrValues: ['AAL3_SMARTCARD'] })
  })
  afterAll(() => demanding.close())
  beforeEach(() => reset(demanding))

  it.each(['AAL3_SMARTCARD', 'AAL3_N3_SMARTCARD', 'AAL3_CIS2_SMARTCARD'])(
    'is accepted with acr %s',
    async (acr) => {
      expect(await judgeLogin(demanding, claims({ acr }))).toEqual(accepted)
    },
  )

  it.each(['AAL2_ANY', 'AAL3_ANY', 'AAL3_FIDO2', 'AAL3_SMARTCARDS', '', 3, null, ['AAL3_SMARTCARD']])(
    'is refused with acr %j',
    async (acr) => {
      expect(await judgeLogin(demanding, claims({ acr }))).toEqual(refused('ERR_CIS2_ACR', 403, 1))
    },
  )
})

describe('the error of a refused ID token', () => {
  let journey: Journey
  const messages: string[] = []
  beforeAll(async () => {
    journey = await startJourney({
      acrValues: ['AAL3_SMARTCARD'],
      errors: 'next',
      after: (app) =>
        app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
          messages.push(error.message)
          res.sendStatus(400)
        }),
    })
  })
  afterAll(() => journey.close())

  async function messageOf(faults: FaultSet): Promise<string | undefined> {
    reset(journey)
    await judgeLogin(journey, faults)
    return messages.pop()
  }

  it('says what acr was expected, and not which came', async () => {
    const message = await messageOf(claims({ acr: 'AAL2_CANARY' }))
    expect(message).toMatch(/^ERR_CIS2_ACR: .*\(AAL3_SMARTCARD\)/)
    expect(message).not.toContain('CANARY')
    expect(await messageOf(claims({ acr: ['canary'] }))).toBe('ERR_CIS2_ACR: acr is not text')
  })

  it('says that the clocks differ, and by how much', async () => {
    expect(await messageOf({ clock: 120 })).toMatch(
      /^ERR_CIS2_ID_TOKEN_ISSUED_AT: iat is 1(?:19|20) seconds in the future: this machine's clock and CIS2's differ$/,
    )
    expect(await messageOf(later('exp', -60))).toMatch(
      /^ERR_CIS2_ID_TOKEN_EXPIRED: exp passed 6[01] seconds ago$/,
    )
  })

  it('says which audience was expected, and of what kind the other is', async () => {
    const expected = `expected ${JSON.stringify(journey.simulator.client.clientId)} alone`
    const start = 'ERR_CIS2_ID_TOKEN_AUDIENCE: aud'
    expect(await messageOf(claims({ aud: 'canary' }))).toBe(`${start} is not this client: ${expected}`)
    expect(await messageOf(claims({ aud: undefined }))).toBe(`${start} is missing: ${expected}`)
    expect(await messageOf(claims({ aud: ['canary', 'b', 'c'] }))).toBe(
      `${start} is a list of 3: ${expected}`,
    )
    expect(await messageOf(claims({ azp: 'canary' }))).toBe(
      `ERR_CIS2_ID_TOKEN_AUTHORIZED_PARTY: azp is not this client: ${expected.replace(' alone', '')}`,
    )
  })

  it('says which issuer was expected, and which came only where that is another spelling', async () => {
    const expected = JSON.stringify(journey.simulator.issuer)
    expect(await messageOf(claims({ iss: 'https://canary.test' }))).toBe(
      `ERR_CIS2_ID_TOKEN_ISSUER: iss is missing or another issuer: expected ${expected}`,
    )
    expect(await messageOf(issuer((iss) => `${iss}/`))).toBe(
      `ERR_CIS2_ID_TOKEN_ISSUER: iss is ${JSON.stringify(`${journey.simulator.issuer}/`)}, ` +
        `which differs by a default port or a slash at the end: expected ${expected}`,
    )
  })
})
