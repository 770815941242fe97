import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import {
  Cis2Error,
  ConfigurationError,
  createClientAssertion,
  createJwks,
  type PrivateJwks,
  type RemoteSigner,
  type SigningKeyInput,
} from '../../lib/index.js'
import { parseSigningKey } from '../../lib/keys/signing-key.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const edwards = generateKeyPairSync('ed25519')

const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const encrypted = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' })
  .toString()
const jwk = privateKey.export({ format: 'jwk' })
const publicJwk = publicKey.export({ format: 'jwk' })

const audience = 'https://am.example.nhs.uk:443/openam/oauth2/access_token'
const clientId = '888888888888.apps.national'

async function codeOf(promise: Promise<unknown>): Promise<Cis2Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Cis2Error) return error
  throw new Error('no Cis2Error', { cause: error })
}

function messageOf(input: unknown): string {
  try {
    Reflect.apply(createJwks, undefined, [input])
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map(({ option, message }) => `${option} ${message}`).join('; ')
    throw error
  }
  return 'accepted'
}

describe('the public key set', () => {
  it.each([undefined, null, 'text', {}, { keys: [] }])('is not made of %j', (input) => {
    expect(messageOf(input)).toBe(
      'jwks is missing: write createJwks({ jwks }), or createJwks({ signingKey }) for one key',
    )
  })
})

describe('one private key', () => {
  const expected = createJwks({ signingKey: privateKey })

  it.each<readonly [string, SigningKeyInput]>([
    ['PKCS#8', pkcs8],
    ['PKCS#1', pkcs1],
    ['PEM with escaped line breaks', pkcs8.replaceAll('\n', '\\n')],
    ['PEM with escaped CRLF', pkcs8.replaceAll('\n', '\\r\\n')],
    ['PEM in double quotes', `"${pkcs8}"`],
    ['PEM in single quotes with escaped line breaks', `'${pkcs8.replaceAll('\n', '\\n')}'`],
    ['PEM with CRLF', pkcs8.replaceAll('\n', '\r\n')],
    ['PEM with blanks around it', `\n  ${pkcs8}  \n`],
    ['base64 of PEM', Buffer.from(pkcs8).toString('base64')],
    ['base64 of a JWK', Buffer.from(JSON.stringify(jwk)).toString('base64')],
    ['base64 of PEM with a byte order mark', Buffer.from(`\ufeff${pkcs8}`).toString('base64')],
    ['a JWK', jwk],
    ['JWK text', JSON.stringify(jwk)],
    ['a KeyObject', createPrivateKey(pkcs8)],
    ['encrypted PEM that was opened', createPrivateKey({ key: encrypted, passphrase: 'word' })],
  ])('as %s has the same public JWK', (_, signingKey) => {
    expect(createJwks({ signingKey })).toEqual(expected)
  })

  it('publishes public members only', () => {
    expect(Object.keys(expected.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    expect(expected.keys[0]).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS512', n: publicJwk.n })
  })

  it('as an EC key publishes its curve and point', () => {
    const { keys } = createJwks({ signingKey: curve.privateKey, algorithm: 'ES256' })
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })
})

describe('a mistaken key', () => {
  const mixed = { ...other.privateKey.export({ format: 'jwk' }), n: jwk.n ?? '', e: jwk.e ?? '' }

  // As it comes out of a file: of a key set that is written out, TypeScript says the same.
  const keySet = JSON.parse(JSON.stringify({ keys: [jwk] })) as SigningKeyInput
  it.each<readonly [string, SigningKeyInput, RegExp]>([
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString(), /is a public key/],
    ['a PKCS#1 public key', publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), /is a public key/],
    ['a public KeyObject', publicKey, /is a public key/],
    ['a public JWK', publicJwk, /no "d"/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', /is a certificate/],
    ['a certificate request', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB', /certificate request/],
    ['encrypted PEM', encrypted, /encrypted with a passphrase/],
    ['an OpenSSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl', /OpenSSH key/],
    ['PEM cut short', pkcs8.slice(0, 300), /cannot be read/],
    ['an EC key for RS512', curve.privateKey, /EC key.*RS512 needs an RSA key/],
    ['an Ed25519 key', edwards.privateKey, /ed25519.*RS512 needs/],
    ['a key of 1024 bits', small.privateKey, /1024 bits; at least 2048/],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }, /shared secret/],
    ['an encryption key', { ...jwk, use: 'enc' }, /marked for encryption/],
    ['a key that may only verify', { ...jwk, key_ops: ['verify'] }, /may not sign/],
    ['a key set', keySet, /give one of its keys/],
    ['a pair that does not match', mixed, /do not belong together|cannot be read/],
    ['a JWK without its modulus', { kty: 'RSA', d: jwk.d ?? '' }, /members are missing or damaged/],
    ['an "alg" of none', { ...jwk, alg: 'none' }, /cannot sign client assertions/],
    ['an "alg" of HS512', { ...jwk, alg: 'HS512' }, /cannot sign client assertions/],
    ['an empty "kid"', { ...jwk, kid: ' ' }, /"kid" that is not text/],
    ['a file name', './keys/private.pem', /is it a file name/],
    ['nothing', '  ', /is empty/],
    ['broken JWK text', '{"kty":"RSA"', /not valid JSON/],
    ['null', JSON.parse('null') as SigningKeyInput, /is empty|is not a key/],
  ])('is named: %s', (_, signingKey, message) => {
    expect(messageOf({ signingKey: signingKey as string })).toMatch(message)
  })
})

describe('a key set', () => {
  const kid = 'one'
  it.each<readonly [string, unknown, RegExp]>([
    ['a bare array', [jwk], /found a bare array/],
    ['text', JSON.stringify({ keys: [jwk] }), /parse the JSON first/],
    ['a single JWK', jwk, /found something else/],
    ['null', JSON.parse('null') as SigningKeyInput, /found something else/],
    ['empty', { keys: [] }, /has no keys/],
    ['public only', { keys: [publicJwk] }, /no private key that may sign/],
    ['all retired', { keys: [{ ...jwk, status: 'retired' }] }, /no private key that may sign/],
    [
      'of duplicate kids',
      {
        keys: [
          { ...jwk, kid },
          { ...other.privateKey.export({ format: 'jwk' }), kid },
        ],
      },
      /"kid" "one" more than once/,
    ],
    [
      'with a shared secret',
      { keys: [jwk, { kty: 'oct', k: 'c2VjcmV0' }] },
      /jwks\.keys\[1\] is a shared secret/,
    ],
    [
      'with a small public key',
      { keys: [jwk, small.publicKey.export({ format: 'jwk' })] },
      /jwks\.keys\[1\].*1024 bits/,
    ],
    [
      'with an encryption key',
      { keys: [jwk, { ...publicJwk, use: 'enc' }] },
      /jwks\.keys\[1\] is marked for encryption/,
    ],
    ['with a member that is no key', { keys: [jwk, 'key'] }, /jwks\.keys\[1\] is not a JWK/],
    ['with an unknown status', { keys: [{ ...jwk, status: 'old' }] }, /"status" that is not/],
  ])('is refused: %s', (_, jwks, message) => {
    expect(messageOf({ jwks: jwks as PrivateJwks })).toMatch(message)
  })

  it('publishes every key and nothing private of any', () => {
    const jwks = {
      keys: [
        { ...other.privateKey.export({ format: 'jwk' }), kid: 'next', status: 'next' as const },
        { ...jwk, kid },
      ],
    }
    const { keys } = createJwks({ jwks })
    expect(keys.map((key) => key.kid)).toEqual(['next', 'one'])
    for (const key of keys)
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'status'])
        expect(key).not.toHaveProperty(member)
  })
})

describe('a client assertion', () => {
  const kid = 'the kid'

  it('is what CIS2 wants, and verifies with the published set', async () => {
    const keyed = { ...jwk, kid }
    const before = Math.floor(Date.now() / 1000)
    const assertion = await createClientAssertion({ clientId, audience, signingKey: keyed })
    const published = JSON.parse(JSON.stringify(createJwks({ signingKey: keyed }))) as JSONWebKeySet
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(published), {
      audience,
      issuer: clientId,
      subject: clientId,
    })
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS512', typ: 'JWT', kid })
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
    expect(payload.aud).toBe(audience)
    expect(payload.iss).toBe(payload.sub)
    const { iat = 0, exp = 0, jti = '' } = payload
    expect(exp - iat).toBe(60)
    expect([Number.isInteger(iat), Number.isInteger(exp)]).toEqual([true, true])
    expect(iat).toBeGreaterThanOrEqual(before)
    expect(jti.length).toBeGreaterThanOrEqual(22)
  })

  it('has a fresh jti every time', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, () => createClientAssertion({ clientId, audience, signingKey: privateKey })),
    )
    expect(new Set(made.map((each) => decodeJwt(each).jti)).size).toBe(50)
  })

  it.each([0, -1, 301, Number.NaN])('is refused a lifetime of %p', async (lifetimeSeconds) => {
    const error = await codeOf(
      createClientAssertion({ clientId, audience, signingKey: privateKey, lifetimeSeconds }),
    )
    expect(error).toMatchObject({ code: 'ERR_CIS2_CONFIGURATION', problems: [{ option: 'lifetimeSeconds' }] })
  })

  it('tells every wrong value at once', async () => {
    const error = await codeOf(
      createClientAssertion({ clientId: '', audience: ' ', signingKey: 'x', lifetimeSeconds: 0 }),
    )
    expect((error as ConfigurationError).problems.map(({ option }) => option)).toEqual([
      'clientId',
      'audience',
      'lifetimeSeconds',
      'signingKey',
    ])
  })

  it.each([undefined, null, 'client', []])('is refused %j in place of its values', async (input) => {
    const error = await codeOf(Reflect.apply(createClientAssertion, undefined, [input]))
    expect(error).toMatchObject({
      code: 'ERR_CIS2_CONFIGURATION',
      problems: expect.arrayContaining([expect.objectContaining({ option: 'audience' })]),
    })
  })

  it('is refused a value under another name', async () => {
    const misspelt = { clientId, audience, signingKey: privateKey, lifetime: 30 }
    const error = await codeOf(createClientAssertion(misspelt))
    expect((error as ConfigurationError).message).toContain('lifetime: is not an option')
  })

  it.each(['RS256', 'PS512'])('is signed with %s where that is registered', async (algorithm) => {
    const assertion = await createClientAssertion({ clientId, audience, signingKey: pkcs8, algorithm })
    const { protectedHeader } = await jwtVerify(assertion, publicKey)
    expect(protectedHeader.alg).toBe(algorithm)
  })
})

describe('a remote signer', () => {
  const ecPublic = curve.publicKey.export({ format: 'jwk' })
  const make = (run: RemoteSigner['sign'], key = publicJwk, alg = 'RS512'): RemoteSigner => ({
    publicJwk: key,
    alg,
    kid: 'vault',
    sign: run,
  })

  it('signs an assertion that verifies', async () => {
    const signer = make((data) => Promise.resolve(sign('sha512', data, privateKey)))
    const assertion = await createClientAssertion({ clientId, audience, signingKey: signer })
    const { protectedHeader } = await jwtVerify(assertion, publicKey)
    expect(protectedHeader).toEqual({ alg: 'RS512', typ: 'JWT', kid: 'vault' })
  })

  it('signs raw r‖s for ES256', async () => {
    const signer = make(
      (data) => Promise.resolve(sign('sha256', data, { key: curve.privateKey, dsaEncoding: 'ieee-p1363' })),
      ecPublic,
      'ES256',
    )
    const assertion = await createClientAssertion({ clientId, audience, signingKey: signer })
    await expect(jwtVerify(assertion, curve.publicKey)).resolves.toBeDefined()
  })

  it.each<readonly [string, RemoteSigner, RegExp]>([
    [
      'answers in DER',
      make((data) => Promise.resolve(sign('sha256', data, curve.privateKey)), ecPublic, 'ES256'),
      /does not verify.*DER/,
    ],
    [
      'signs with another key',
      make((data) => Promise.resolve(sign('sha512', data, other.privateKey))),
      /does not verify/,
    ],
    ['rejects', make(() => Promise.reject(new Error('vault sealed'))), /remote signer failed/],
    [
      'throws',
      make(() => {
        throw new Error('vault sealed')
      }),
      /remote signer failed/,
    ],
    [
      'answers text',
      make(() => Promise.resolve('signature' as unknown as Uint8Array)),
      /did not return a Uint8Array/,
    ],
  ])('that %s is ERR_CIS2_SIGNING', async (_, signingKey, message) => {
    const error = await codeOf(createClientAssertion({ clientId, audience, signingKey }))
    expect(error.code).toBe('ERR_CIS2_SIGNING')
    expect(error.message).toMatch(message)
  })

  it('that never answers is ERR_CIS2_SIGNING when the time is up', async () => {
    const key = parseSigningKey(
      make(() => new Promise<Uint8Array>(() => undefined)),
      'RS512',
    )
    const error = await codeOf(key.sign(Buffer.from('data'), AbortSignal.timeout(20)))
    expect(error.code).toBe('ERR_CIS2_SIGNING')
    expect(error.message).toMatch(/did not answer in time/)
  })

  it.each<readonly [string, unknown, RegExp]>([
    ['without a public key', undefined, /without "publicJwk"/],
    ['with a small key', small.publicKey.export({ format: 'jwk' }), /1024 bits/],
    ['with a damaged key', { kty: 'RSA', n: 5 }, /cannot be read/],
    ['with a shared secret', { kty: 'oct', k: 'c2VjcmV0' }, /cannot be read/],
  ])('%s is refused at start-up', (_, key, message) => {
    const signer = {
      publicJwk: key,
      sign: () => Promise.resolve(new Uint8Array()),
    } as unknown as RemoteSigner
    expect(messageOf({ signingKey: signer })).toMatch(message)
  })

  it('publishes no private member that was left in its public JWK', () => {
    const signer = make((data) => Promise.resolve(sign('sha512', data, privateKey)), jwk)
    expect(JSON.stringify(createJwks({ signingKey: signer }))).not.toContain(jwk.d ?? 'never')
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true)
  })
})
