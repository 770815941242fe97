import { createHmac, createPublicKey, X509Certificate } from 'node:crypto'
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, importX509, type JWK } from 'jose'
import { createPartyKey, logInFully, reach, start, startRelyingParty } from './relying-party.js'

const key = await createPartyKey('party')
const simulator = await start({ clients: [{ clientId: '1.apps.national', userInfoSigned: true }] })
const party = await startRelyingParty([key])
afterEach(() => simulator.clearFaults())

async function rawIdToken(): Promise<unknown> {
  return (await logInFully(simulator, party, key)).body.id_token
}
const idToken = async () => String(await rawIdToken())

async function published(): Promise<JWK[]> {
  const response = await fetch(reach(simulator, '/connect/jwk_uri'))
  return ((await response.json()) as { keys: JWK[] }).keys
}

async function usualKey(): Promise<JWK> {
  const jwk = (await published()).find(
    ({ alg, use, key_ops }) => alg === 'RS256' && use === 'sig' && !key_ops,
  )
  if (!jwk) throw new Error('no key')
  return jwk
}

async function verifies(token: string, jwk: JWK | undefined): Promise<boolean> {
  const { alg = '' } = decodeProtectedHeader(token)
  try {
    await compactVerify(token, await importJWK({ ...jwk, alg }, alg))
    return true
  } catch {
    return false
  }
}

function payloadOf(token: string): Buffer {
  return Buffer.from(token.split('.')[1] ?? '', 'base64url')
}

describe('claims and payload', () => {
  test('can be anything and are properly signed', async () => {
    simulator.setFault('idTokenClaims', { sub: 7, iss: undefined, acr: null })
    const token = await idToken()
    expect(decodeJwt(token)).toMatchObject({ sub: 7, acr: null })
    expect(decodeJwt(token)).not.toHaveProperty('iss')
    expect(await verifies(token, await usualKey())).toBe(true)
    simulator.setFault('idTokenClaims', ({ iss, aud }) => ({ iss, aud }))
    expect(Object.keys(decodeJwt(await idToken()))).toEqual(['iss', 'aud'])
  })

  test('need not be an object, JSON or UTF-8', async () => {
    simulator.setFault('idTokenPayload', '[]')
    expect(payloadOf(await idToken()).toString()).toBe('[]')
    simulator.setFault('idTokenPayload', new Uint8Array([0xff]))
    expect(payloadOf(await idToken())).toEqual(Buffer.from([0xff]))
    simulator.setFault('idTokenPayload', (good) => `${'['.repeat(10_000)}${good}${']'.repeat(10_000)}`)
    const token = await idToken()
    expect(payloadOf(token).toString()).toMatch(/^\[{10000}\{/)
    expect(await verifies(token, await usualKey())).toBe(true)
  })
})

describe('the header', () => {
  test('can say anything and is covered by the signature', async () => {
    simulator.setFault('idTokenHeader', { kid: undefined, crit: ['b64'], b64: false, typ: 'logout+jwt' })
    const token = await idToken()
    const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
    expect(JSON.parse(header)).toEqual({ alg: 'RS256', crit: ['b64'], b64: false, typ: 'logout+jwt' })
    simulator.setFault('idTokenHeader', { kid: '../../etc/passwd', alg: 'RS256' })
    expect(await verifies(await idToken(), await usualKey())).toBe(true)
  })
})

describe('the algorithm', () => {
  test.each(['none', 'None', 'NONE', 'nOnE'] as const)('can be %s, with an empty signature', async (alg) => {
    simulator.setFault('idTokenAlgorithm', alg)
    const token = await idToken()
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.$/)
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ alg })
  })

  test.each(['RS384', 'RS512', 'PS256'] as const)('can be %s, by the published key', async (alg) => {
    simulator.setFault('idTokenAlgorithm', alg)
    const token = await idToken()
    expect(decodeProtectedHeader(token).alg).toBe(alg)
    expect(await verifies(token, await usualKey())).toBe(true)
  })

  test('can be ES256, by a key that is published from then on', async () => {
    simulator.setFault('idTokenAlgorithm', 'ES256', { times: 1 })
    const before = await published()
    const token = await idToken()
    const { kid } = decodeProtectedHeader(token)
    const jwk = before.find((candidate) => candidate.kid === kid)
    expect(jwk?.kty).toBe('EC')
    expect(await verifies(token, jwk)).toBe(true)
    expect(await published()).toHaveLength(2)
    simulator.clearFaults()
    expect(await published()).toHaveLength(1)
  })

  test('can be HS256, with each form of the public key as its secret', async () => {
    const jwk = await usualKey()
    const { kty, n = '', e, kid } = jwk
    const publicKey = createPublicKey({ key: { kty: kty ?? '', n, e: e ?? '' }, format: 'jwk' })
    const secrets = {
      'HS256-pem': publicKey.export({ format: 'pem', type: 'spki' }),
      'HS256-der': publicKey.export({ format: 'der', type: 'spki' }),
      'HS256-jwk': JSON.stringify({ kty, n, e, kid }),
      'HS256-n': Buffer.from(n, 'base64url'),
    } as const
    for (const form of ['HS256-pem', 'HS256-der', 'HS256-jwk', 'HS256-n'] as const) {
      simulator.setFault('idTokenAlgorithm', form)
      const token = await idToken()
      const [header, payload, signature] = token.split('.')
      expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', kid })
      expect(createHmac('sha256', secrets[form]).update(`${header}.${payload}`).digest('base64url')).toBe(
        signature,
      )
    }
  })
})

describe('the key', () => {
  test.each([
    ['rsa-1024', { alg: 'RS256' }],
    ['use-enc', { use: 'enc' }],
    ['no-verify', { key_ops: ['encrypt'] }],
  ] as const)('can be a published one that should not sign: %s', async (fault, member) => {
    simulator.setFault('idTokenKey', fault)
    const token = await idToken()
    const jwk = (await published()).find(({ kid }) => kid === decodeProtectedHeader(token).kid)
    expect(jwk).toMatchObject(member)
    if (fault === 'rsa-1024') expect(Buffer.from(jwk?.n ?? '', 'base64url')).toHaveLength(128)
    else expect(await verifies(token, { kty: jwk?.kty ?? '', n: jwk?.n ?? '', e: jwk?.e ?? '' })).toBe(true)
  })

  test('can be one that is not published', async () => {
    simulator.setFault('idTokenKey')
    const { kid } = decodeProtectedHeader(await idToken())
    expect((await published()).map((jwk) => jwk.kid)).not.toContain(kid)
  })

  test("can be an attacker's, brought along in the header under the good kid", async () => {
    simulator.setFault('idTokenKey', 'embedded-jwk')
    const token = await idToken()
    const { jwk, kid } = decodeProtectedHeader(token)
    expect(kid).toBe((await usualKey()).kid)
    expect(await verifies(token, jwk)).toBe(true)
    expect(await verifies(token, await usualKey())).toBe(false)
  })

  test("can be an attacker's, in a certificate", async () => {
    simulator.setFault('idTokenKey', 'embedded-x5c')
    const token = await idToken()
    const [certificate = ''] = decodeProtectedHeader(token).x5c ?? []
    const x509 = new X509Certificate(Buffer.from(certificate, 'base64'))
    expect(x509.verify(x509.publicKey)).toBe(true)
    expect(Date.parse(x509.validTo)).toBeGreaterThan(Date.now())
    expect(await compactVerify(token, await importX509(x509.toString(), 'RS256'))).toHaveProperty('payload')
  })

  test.each(['jku', 'x5u'] as const)("can be an attacker's, at an address in %s", async (member) => {
    simulator.setFault('idTokenKey', member)
    const token = await idToken()
    const header = decodeProtectedHeader(token)
    expect(header[member]).toBe(`${simulator.url}/elsewhere`)
    const { keys } = (await (await fetch(String(header[member]))).json()) as { keys: JWK[] }
    expect(keys[0]?.kid).toBe(header.kid)
    expect(await verifies(token, keys[0])).toBe(true)
  })
})

describe('the signature', () => {
  const faults = [
    'other-key',
    'bit-flipped',
    'truncated',
    'empty',
    'zeros',
    'other-token',
    'tampered-payload',
  ] as const
  test.each(faults)('can be wrong: %s', async (fault) => {
    simulator.setFault('idTokenSignature', fault)
    const token = await idToken()
    const jwk = await usualKey()
    expect(decodeProtectedHeader(token).kid).toBe(jwk.kid)
    expect(await verifies(token, jwk)).toBe(false)
    expect(decodeJwt(token).sub).toBe(fault === 'tampered-payload' ? '555999999999' : '555000000001')
    if (fault === 'zeros')
      expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).toEqual(Buffer.alloc(256))
    if (fault === 'truncated') expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).toHaveLength(255)
  })

  test('is right without a fault', async () => {
    expect(await verifies(await idToken(), await usualKey())).toBe(true)
  })
})

describe('the serialisation', () => {
  const part = '[\\w-]+'
  test.each([
    ['two-segments', `^${part}\\.${part}$`],
    ['five-segments', `^${part}(\\.${part}){4}$`],
    ['json-general', '^\\{"payload":".*","signatures":\\[\\{"protected":".*","signature":".*"\\}\\]\\}$'],
    ['json-flattened', '^\\{"payload":".*","protected":".*","signature":".*"\\}$'],
    ['byte-order-mark', `^\\ufeff${part}\\.${part}\\.${part}$`],
    ['white-space', `^ ${part}\\.${part}\\.\\n${part} $`],
    ['padded', `^${part}\\.${part}\\.${part}==$`],
  ] as const)('can be %s', async (fault, shape) => {
    simulator.setFault('idTokenSerialisation', fault)
    expect(await rawIdToken()).toMatch(new RegExp(shape))
  })

  test('can be an array', async () => {
    simulator.setFault('idTokenSerialisation', 'array')
    expect(await rawIdToken()).toEqual([expect.stringMatching(/^ey/)])
  })

  test('can have other characters for the same bytes', async () => {
    simulator.setFault('idTokenSerialisation', 'spare-bits')
    const token = await idToken()
    const signature = token.split('.')[2] ?? ''
    expect(Buffer.from(signature, 'base64url').toString('base64url')).not.toBe(signature)
    expect(await verifies(token, await usualKey())).toBe(true)
  })
})

test('the whole token can be replaced', async () => {
  simulator.setFault('idToken', 'not.a.token')
  expect(await rawIdToken()).toBe('not.a.token')
  simulator.setFault('idToken', (good) => ({ token: good }))
  expect(await rawIdToken()).toEqual({ token: expect.stringMatching(/^ey/) })
})

test('faults of the ID token are not those of signed UserInfo or of the logout token', async () => {
  simulator.setFault('signedUserInfoSignature', 'bit-flipped')
  simulator.setFault('logoutTokenAlgorithm', 'none')
  const { body } = await logInFully(simulator, party, key)
  const jwk = await usualKey()
  expect(await verifies(String(body.id_token), jwk)).toBe(true)
  const headers = { authorization: `Bearer ${body.access_token}` }
  const signed = await (await fetch(reach(simulator, '/userinfo'), { headers })).text()
  expect(await verifies(signed, jwk)).toBe(false)
  expect(decodeJwt(signed).sub).toBe('555000000001')
  expect(await simulator.createLogoutToken()).toMatch(/\.$/)
})
