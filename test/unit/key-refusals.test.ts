import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import {
  Cis2Error,
  ConfigurationError,
  createClientAssertion,
  createJwks,
  type PrivateJwks,
  type SigningKeyInput,
} from '../../lib/index.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const own = rsa.privateKey.export({ format: 'jwk' })
const open = rsa.publicKey.export({ format: 'jwk' })

const clientId = '888888888888.apps.national'
const audience = 'https://am.example.nhs.uk:443/openam/oauth2/access_token'
const good = { clientId, audience, signingKey: rsa.privateKey }

async function problemsOf(input: object): Promise<readonly string[]> {
  const error: unknown = await createClientAssertion(
    input as Parameters<typeof createClientAssertion>[0],
  ).catch((reason: unknown) => reason)
  if (error instanceof ConfigurationError)
    return error.problems.map(({ option, message }) => `${option} ${message}`)
  throw new Error('not a ConfigurationError', { cause: error })
}

describe('a client assertion', () => {
  it.each<readonly [string, object, readonly RegExp[]]>([
    ['no client', { clientId: undefined }, [/^clientId is missing/]],
    ['an empty client', { clientId: '  ' }, [/^clientId is empty/]],
    ['no audience', { audience: undefined }, [/^audience is missing: give the token endpoint/]],
    ['an audience that is no text', { audience: [audience] }, [/^audience must be text, found an array/]],
    ['a lifetime that is text', { lifetimeSeconds: '60' }, [/^lifetimeSeconds must be a number of seconds/]],
    ['no lifetime', { lifetimeSeconds: Number.NaN }, [/^lifetimeSeconds must be a number of seconds/]],
    ['an algorithm without keys', { algorithm: 'none' }, [/^algorithm must be one of RS256/]],
    ['a shared-secret algorithm', { algorithm: 'HS256' }, [/^algorithm must be one of/]],
    ['an inherited name as algorithm', { algorithm: 'constructor' }, [/^algorithm must be one of/]],
    [
      'a key of another kind',
      { algorithm: 'ES384' },
      [/^signingKey is an RSA key, and ES384 needs an EC key/],
    ],
    [
      'a curve of another length',
      { signingKey: curve.privateKey, algorithm: 'ES256' },
      [/secp384r1.*ES256 needs/],
    ],
    [
      'everything wrong',
      { clientId: '', audience: '', lifetimeSeconds: 301, algorithm: 'x' },
      [/^clientId/, /^audience/, /^lifetimeSeconds/, /^algorithm/],
    ],
  ])('is refused with %s', async (_what, changes, expected) => {
    const problems = await problemsOf({ ...good, ...changes })
    expect(problems).toHaveLength(expected.length)
    for (const [index, text] of expected.entries()) expect(problems[index]).toMatch(text)
  })
})

function messageOf(input: Parameters<typeof createJwks>[0]): string {
  try {
    createJwks(input)
  } catch (error) {
    if (error instanceof Cis2Error) return error.message
    throw error
  }
  return 'accepted'
}

describe('one key', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', null, /signingKey/],
    ['a number', 5, /is not a key|signingKey/],
    ['a list', [own], /is not a key/],
    ['a shared secret', createSecretKey(Buffer.alloc(32, 7)), /is a shared secret/],
    ['a shared secret as JWK', { kty: 'oct', k: 'c2VjcmV0' }, /is a shared secret/],
    ['a public key', rsa.publicKey, /is a public key/],
    ['a public JWK', open, /is a public JWK/],
    ['a whole set', { keys: [own] }, /is a JWK set/],
    ['no kty', { d: 'x' }, /has no usable "kty"/],
    ['another algorithm', { ...own, alg: 'HS256' }, /has an "alg" that cannot sign/],
    ['encryption', { ...own, use: 'enc' }, /is marked for encryption/],
    ['no right to sign', { ...own, key_ops: ['verify'] }, /may not sign/],
    ['an empty kid', { ...own, kid: ' ' }, /has a "kid" that is not text/],
    ['half of its members', { ...own, p: undefined }, /cannot be read|does not sign/],
  ])('is refused: %s', (_what, signingKey, expected) => {
    const message = messageOf({ signingKey: signingKey as SigningKeyInput })
    expect(message).toMatch(expected)
    expect(message).not.toContain(own.d ?? 'd')
  })

  it('is refused an algorithm that has no key pair', () => {
    expect(messageOf({ signingKey: rsa.privateKey, algorithm: 'HS256' })).toMatch(
      /algorithm: must be one of RS256, .*, ES512/,
    )
  })
})

describe('a key set', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['an element that is no key', [own, 'key'], /jwks\.keys\[1\].*is not a JWK/],
    ['null', [own, null], /is not a JWK/],
    ['a public key for encryption', [own, { ...open, kid: 'b', use: 'enc' }], /is marked for encryption/],
    ['a public key of no algorithm of ours', [own, { ...open, kid: 'b', alg: 'RSA-OAEP' }], /"alg"/],
    ['a public key that is damaged', [own, { kty: 'RSA', n: 5, e: 'AQAB', kid: 'b' }], /cannot be read/],
    [
      'a public key of another kind',
      [own, curve.publicKey.export({ format: 'jwk' })],
      /RS512 needs an RSA key/,
    ],
    ['a status nobody knows', [{ ...own, status: 'old' }], /"status"/],
    ['a date that is a number', [{ ...own, publishedAt: 1 }], /"publishedAt" that is no ISO 8601 date/],
    ['a time without a zone', [{ ...own, publishedAt: '2026-03-01T09:00:00' }], /with a time zone/],
    ['a day that does not exist', [{ ...own, publishedAt: '2026-02-30' }], /"publishedAt"/],
    ['a month that does not exist', [{ ...own, publishedAt: '2026-13-01T00:00:00Z' }], /"publishedAt"/],
    ['a date in other words', [{ ...own, publishedAt: '1 March 2026' }], /"publishedAt"/],
    ['an active key without its private half', [own, { ...open, kid: 'b', status: 'active' }], /public-only/],
    [
      'one kid twice',
      [
        { ...own, kid: 'a' },
        { ...open, kid: 'a' },
      ],
      /more than once/,
    ],
    ['public keys only', [open], /no private key that may sign/],
    ['keys of tomorrow only', [{ ...own, status: 'next' }], /no private key that may sign/],
    ['nothing', [], /jwks/],
  ])('is refused with %s', (_what, keys, expected) => {
    const message = messageOf({ jwks: { keys: keys as PrivateJwks['keys'] } })
    expect(message).toMatch(expected)
    expect(message).not.toContain(own.d ?? 'd')
  })
})
