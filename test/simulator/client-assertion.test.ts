import type { Simulator } from '../../lib/simulator/index.js'
import {
  createAssertion,
  createPartyKey,
  lastRequest,
  logIn,
  requestToken,
  start,
  startRelyingParty,
  type AssertionChanges,
  type RelyingParty,
} from './relying-party.js'

const issuer = 'https://am.sim.test:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'
const key = await createPartyKey('party')
const unpublished = await createPartyKey('party')
const elliptic = await createPartyKey('elliptic', 'ES256')
const forEncryption = await createPartyKey('for encryption')
forEncryption.jwk.use = 'enc'
const published = [key, elliptic, forEncryption]
let simulator: Simulator
let party: RelyingParty
beforeAll(async () => {
  simulator = await start({ issuer })
  party = await startRelyingParty(published)
})

type Form = Readonly<Record<string, string | undefined>>

async function authenticate(
  changes: AssertionChanges,
  form: Form = {},
  headers: Readonly<Record<string, string>> = {},
  signer = key,
) {
  const code = (await logIn(simulator, party.redirectUri)).get('code') ?? ''
  const client_assertion = await createAssertion(simulator, signer, changes)
  const request = { code, redirect_uri: party.redirectUri, client_assertion, ...form }
  const { status, body } = await requestToken(simulator, request, headers)
  return { status, body, refusal: lastRequest(simulator, 'token')?.refusal }
}

function refused(error_description: string) {
  return { error_description, error: 'invalid_client' }
}

const now = () => Math.floor(Date.now() / 1000)

test('a good assertion is taken, with the :443 of the token endpoint in its audience', async () => {
  expect(await authenticate({})).toMatchObject({ status: 200, refusal: undefined })
})

describe("'JWT is not valid' is the answer", () => {
  test.each<[string, AssertionChanges, string]>([
    [
      'to another algorithm than the registered one',
      { header: { alg: 'RS256' } },
      "alg is 'RS256', registered is 'RS512'",
    ],
    ['to an assertion without kid', { header: { kid: undefined } }, 'kid is missing from the header'],
    ['to an unknown kid', { header: { kid: 'unknown' } }, "no key has the kid 'unknown'"],
    [
      'to a key of the wrong type',
      { header: { kid: 'elliptic' } },
      'the key is of type EC, but RS512 needs RSA',
    ],
    ['to a key for encryption', { header: { kid: 'for encryption' } }, "the key is published for use 'enc'"],
    ['without aud', { claims: { aud: undefined } }, 'aud is missing'],
    ['without exp', { claims: { exp: undefined } }, 'exp is missing'],
    ['without jti', { claims: { jti: undefined } }, 'jti is missing'],
    ['to an exp more than 30 minutes ahead', { claims: { exp: now() + 1860 } }, 'more than 30 minutes'],
    ['to an exp in milliseconds', { claims: { exp: Date.now() } }, 'it is in milliseconds'],
    [
      'to an exp that is text',
      { claims: { exp: String(now() + 60) } },
      'exp is not a whole number of seconds',
    ],
    ['to an exp with a fraction', { claims: { exp: now() + 60.5 } }, 'exp is not a whole number of seconds'],
    ['to an nbf in the future', { claims: { nbf: now() + 360 } }, 'nbf is 3'],
    ['to an iat a day ago', { claims: { iat: now() - 86_460 } }, 'iat is 864'],
  ])('%s', async (_what, changes, refusal) => {
    // jose signs with what the header says, and RS256 is what the other key says too.
    const signer = changes.header?.alg === 'RS256' ? await createPartyKey('party', 'RS256') : key
    const answer = await authenticate(changes, {}, {}, signer)
    expect([answer.status, answer.body]).toEqual([400, refused('JWT is not valid')])
    expect(answer.refusal).toContain(refusal)
  })

  test('to the signature of another key', async () => {
    const answer = await authenticate({}, {}, {}, unpublished)
    expect([answer.status, answer.body]).toEqual([400, refused('JWT is not valid')])
    expect(answer.refusal).toContain("the signature does not fit the key 'party'")
  })

  test('to a jti that was used before', async () => {
    const changes = { claims: { jti: 'the same' } }
    expect((await authenticate(changes)).status).toBe(200)
    const answer = await authenticate(changes)
    expect(answer.body).toEqual(refused('JWT is not valid'))
    expect(answer.refusal).toBe('jti was used before')
  })

  test('to something that is no JWT', async () => {
    expect(await authenticate({}, { client_assertion: 'undefined' })).toMatchObject({
      body: refused('JWT is not valid'),
      refusal: 'client_assertion is not a compact JWS: it has 1 parts',
    })
    expect(await authenticate({}, { client_assertion: 'bm8.bm8.bm8' })).toMatchObject({
      refusal: "the assertion's header is not a JSON object",
    })
  })
})

describe('the other texts', () => {
  test.each<[string, AssertionChanges, string]>([
    ['iss', { claims: { iss: 'other' } }, "iss 'other' and sub '999999999999.apps.national' differ"],
    ['sub', { claims: { sub: undefined } }, 'sub is missing'],
    ['client_id', { claims: { iss: 'x', sub: 'x' } }, "iss and sub are 'x', client_id is"],
  ])('say that iss and sub must be the client id: %s', async (_what, changes, refusal) => {
    const answer = await authenticate(changes)
    expect(answer.body).toEqual(refused("JWT 'iss' and 'sub' claims must be equal to the client_id"))
    expect(answer.refusal).toContain(refusal)
  })

  test('say that an assertion has expired, five minutes late', async () => {
    expect((await authenticate({ claims: { exp: now() - 240 } })).status).toBe(200)
    const answer = await authenticate({ claims: { exp: now() - 360 } })
    expect(answer.body).toEqual(refused('JWT has expired'))
    expect(answer.refusal).toMatch(/^exp is 36\d seconds ago$/)
  })

  test.each<[string, unknown, string]>([
    ['without :443', `${issuer.replace(':443', '')}/access_token`, 'aud differs only by :443'],
    ['the issuer', issuer, 'aud is the issuer, not the token endpoint'],
    ['an array', [`${issuer}/access_token`], 'aud is an array, not one string'],
    ['with a slash', `${issuer}/access_token/`, 'aud has a "/" too many at its end'],
    ['without a scheme', `${issuer}/access_token`.slice(8), 'aud lacks its scheme'],
    ['of another realm', 'https://other.test/access_token', "aud is 'https://other.test/access_token', not"],
  ])('say that the audience failed: %s', async (_what, aud, refusal) => {
    const answer = await authenticate({ claims: { aud } })
    expect([answer.status, answer.body]).toEqual([400, refused('Audience validation failed')])
    expect(answer.refusal).toContain(refusal)
  })

  test('say that a secret is the wrong method', async () => {
    const text = 'Invalid authentication method for accessing this endpoint.'
    const authorization = `Basic ${Buffer.from('id:secret').toString('base64')}`
    const secret = await authenticate({}, { client_secret: 'x' })
    expect([secret.status, secret.body, secret.refusal]).toEqual([
      400,
      refused(text),
      'client_secret was sent',
    ])
    const basic = await authenticate({}, { client_assertion: undefined }, { authorization })
    expect([basic.status, basic.body]).toEqual([401, refused(text)])
    const both = await authenticate({}, {}, { authorization })
    expect(both.body).toEqual(refused('Client authentication failed'))
    expect(both.refusal).toBe('an Authorization header was sent beside the assertion')
  })

  test('say that the authentication failed', async () => {
    const text = refused('Client authentication failed')
    const unknown = await authenticate(
      { claims: { iss: '1.apps.supplier', sub: '1.apps.supplier' } },
      { client_id: '1.apps.supplier' },
    )
    expect([unknown.body, unknown.refusal]).toEqual([text, "the client '1.apps.supplier' is not registered"])
    const none = await authenticate({}, { client_assertion: undefined })
    expect([none.body, none.refusal]).toEqual([text, 'client_assertion is missing'])
    const type = await authenticate({}, { client_assertion_type: 'jwt-bearer' })
    expect(type.body).toEqual(text)
    expect(type.refusal).toContain("client_assertion_type is 'jwt-bearer', not 'urn:")
  })
})

describe("the client's keys", () => {
  async function withJwks(answer: RelyingParty['answerJwks']) {
    const usual = party.answerJwks
    simulator.forgetClientKeys()
    party.answerJwks = answer
    try {
      return await authenticate({})
    } finally {
      party.answerJwks = usual
      simulator.forgetClientKeys()
    }
  }
  const unavailable = {
    error_description: 'Unable to load JWKs from registered jwks_uri.',
    error: 'server_error',
  }

  test.each<[string, RelyingParty['answerJwks'], string]>([
    ['a status', (response) => response.writeHead(401).end(), 'answered 401'],
    ['a redirect', (response) => response.writeHead(302, { Location: '/login' }).end(), 'answered 302'],
    ['HTML', (response) => response.end('<html>'), 'did not send a JSON object'],
    ['a bare array', (response) => response.end(JSON.stringify([key.jwk])), 'did not send a JSON object'],
    ['too much', (response) => response.end(' '.repeat(300_000)), 'sent more than 262144 bytes'],
    ['a broken connection', (response) => response.socket?.destroy(), 'could not be reached'],
    ['nothing for three seconds', () => undefined, 'took more than 3 seconds'],
  ])('cannot be loaded from %s', async (_what, answerJwks, refusal) => {
    const answer = await withJwks(answerJwks)
    expect([answer.status, answer.body]).toEqual([500, unavailable])
    expect(answer.refusal).toContain(`${party.url}/cis2/jwks ${refusal}`)
  })

  test('are refused with a private member, and twice under one kid', async () => {
    const send = (keys: unknown[]) => (response: { end(text: string): unknown }) =>
      response.end(JSON.stringify({ keys }))
    expect((await withJwks(send([{ ...key.jwk, d: 'x' }]))).refusal).toContain('publishes the private key')
    expect((await withJwks(send([key.jwk, key.jwk]))).refusal).toContain('two keys have the kid')
    expect((await withJwks(send([{ ...key.jwk, alg: 'RS256' }]))).refusal).toContain('published for RS256')
    expect((await withJwks(send([null, { kty: 'odd' }, key.jwk]))).status).toBe(200)
  })

  test('are kept, and fetched again for a kid that is not among them', async () => {
    simulator.forgetClientKeys()
    const before = party.jwksRequests.count
    await authenticate({})
    await authenticate({})
    expect(party.jwksRequests.count - before).toBe(1)
    const next = await createPartyKey('next')
    published.push(next)
    expect((await authenticate({}, {}, {}, next)).status).toBe(200)
    expect(party.jwksRequests.count - before).toBe(2)
  })

  test('are asked for a new kid only once a minute with the cache of CIS2', async () => {
    simulator.setFault('clientKeysCache', 'as-cis2')
    simulator.forgetClientKeys()
    await authenticate({})
    const next = await createPartyKey('published late')
    published.push(next)
    const answer = await authenticate({}, {}, {}, next)
    expect(answer.body).toEqual(refused('JWT is not valid'))
    expect(answer.refusal).toMatch(/no key has the kid 'published late' \(http.* fetched \d+ seconds ago\)/)
    simulator.clearFaults()
    expect((await authenticate({}, {}, {}, next)).status).toBe(200)
  })

  test('are fetched every time without a cache', async () => {
    simulator.setFault('clientKeysCache', 'none')
    const before = party.jwksRequests.count
    await authenticate({})
    await authenticate({})
    simulator.clearFaults()
    expect(party.jwksRequests.count - before).toBe(2)
  })

  test.each(['RS256', 'PS256', 'ES256'])('sign with %s for a client registered so', async (alg) => {
    const other = await start({ clients: [{ clientId: '4.apps.national', signingAlgorithm: alg }] })
    expect(other.client.jwks.keys[0]).toMatchObject({ alg, kty: alg === 'ES256' ? 'EC' : 'RSA' })
    const signer = await createPartyKey(`for ${alg}`, alg)
    published.push(signer)
    const code = (await logIn(other, party.redirectUri)).get('code') ?? ''
    const client_assertion = await createAssertion(other, signer)
    const form = { code, redirect_uri: party.redirectUri, client_assertion }
    expect((await requestToken(other, form)).status).toBe(200)
  })
})
