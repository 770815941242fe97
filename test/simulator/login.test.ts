import { createHash } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  jwtVerify,
} from 'jose'
import type { Simulator } from '../../lib/simulator/index.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import {
  createAssertion,
  createPartyKey,
  lastRequest,
  logIn,
  logInFully,
  reach,
  requestToken,
  start,
  startRelyingParty,
  verifier,
  type RelyingParty,
} from './relying-party.js'

const key = await createPartyKey('party')
let simulator: Simulator
let party: RelyingParty
beforeAll(async () => {
  simulator = await start()
  party = await startRelyingParty([key])
})

async function userInfo(accessToken: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(reach(simulator, '/userinfo'), {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return (await response.json()) as Record<string, unknown>
}

function leftHalf(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

describe('a login by hand', () => {
  test('goes from the choice of a person to signed claims and UserInfo', async () => {
    const back = await logIn(simulator, party.redirectUri)
    expect([...back.keys()]).toEqual(['code', 'state'])
    expect(back.get('state')).toBe('the-state')
    const code = back.get('code') ?? ''
    const client_assertion = await createAssertion(simulator, key)
    const { status, body, headers } = await requestToken(simulator, {
      code,
      redirect_uri: party.redirectUri,
      client_assertion,
    })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String),
      scope: 'openid profile nationalrbacaccess',
      id_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3599,
    })

    const keys = createRemoteJWKSet(new URL(reach(simulator, '/connect/jwk_uri')))
    const { payload, protectedHeader } = await jwtVerify(String(body.id_token), keys)
    expect(protectedHeader).toEqual({ typ: 'JWT', alg: 'RS256', kid: expect.any(String) })
    const now = Math.floor(Date.now() / 1000)
    expect(payload).toMatchObject({
      iss: simulator.issuer,
      sub: '555000000001',
      subname: '555000000001',
      uid: '555000000001',
      name: 'WHITLOCK Nora (Ms)',
      aud: simulator.client.clientId,
      azp: simulator.client.clientId,
      nonce: 'the-nonce',
      acr: 'AAL3_ANY',
      amr: ['N3_SMARTCARD'],
      id_assurance_level: '3',
      authentication_assurance_level: '3',
      at_hash: leftHalf(String(body.access_token)),
      c_hash: leftHalf(code),
      s_hash: leftHalf('the-state'),
      realm: '/NHSIdentity/Healthcare',
      tokenName: 'id_token',
      tokenType: 'JWTToken',
      sid: expect.any(String),
      auditTrackingId: expect.any(String),
      'org.forgerock.openidconnect.ops': expect.any(String),
    })
    expect(payload).not.toHaveProperty('selected_roleid')
    expect(Math.abs(Number(payload.iat) - now)).toBeLessThanOrEqual(5)
    expect(Math.abs(Number(payload.auth_time) - now)).toBeLessThanOrEqual(5)
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600)

    expect(await userInfo(body.access_token)).toMatchObject({ sub: '555000000001', given_name: 'Nora' })
  })

  test('has a key id with every awkward character of plain base64', async () => {
    const { body } = await logInFully(simulator, party, key)
    const { kid } = decodeProtectedHeader(String(body.id_token))
    expect(kid).toMatch(/^[A-Za-z0-9+/]{27}=$/)
    expect(kid).toContain('/')
    expect(kid).toContain('+')
    const response = await fetch(reach(simulator, '/connect/jwk_uri'))
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
    expect(keys).toEqual([{ kty: 'RSA', kid, use: 'sig', alg: 'RS256', n: expect.any(String), e: 'AQAB' }])
  })

  test('tells only what the scopes give', async () => {
    const { body } = await logInFully(simulator, party, key, 'pharmacist', { scope: 'openid' })
    expect(await userInfo(body.access_token)).toEqual({ sub: '555000000003' })
    expect(decodeJwt(String(body.id_token))).not.toHaveProperty('name')
    const scope =
      'openid profile email nhsperson nationalrbacaccess associatedorgs professionalmemberships organisationalmemberships'
    const full = await logInFully(simulator, party, key, 'pharmacist', { scope })
    const person = simulator.people.find((candidate) => candidate.key === 'pharmacist')
    expect(await userInfo(full.body.access_token)).toEqual(person?.claims)
  })

  test.each([
    ['nobody listens at the redirect URI', undefined],
    ['the host of the redirect URI does not exist', 'https://app.sim.invalid/cis2/callback'],
  ])('works for the printed key when %s', async (_what, address) => {
    const gone = await startRelyingParty([])
    await gone.close()
    const redirect_uri = address ?? gone.redirectUri
    const other = await start({ clients: [{ clientId: '1.apps.national', redirectUris: [redirect_uri] }] })
    const [jwk] = other.client.jwks.keys
    const privateKey = await importJWK({ ...jwk }, 'RS512')
    if (privateKey instanceof Uint8Array) throw new Error('not a private key')
    const code = (await logIn(other, redirect_uri)).get('code') ?? ''
    const client_assertion = await createAssertion(other, { privateKey, jwk: { ...jwk } })
    expect((await requestToken(other, { code, redirect_uri, client_assertion })).status).toBe(200)
  })

  test.each(['RS512', 'PS256', 'ES256'])('has ID tokens in %s for a client registered so', async (alg) => {
    const clientId = '111111111111.apps.supplier'
    const other = await start({ clients: [{ clientId, idTokenSigningAlgorithm: alg }] })
    const { body } = await logInFully(other, party, key)
    const response = await fetch(reach(other, '/connect/jwk_uri'))
    const keys = createLocalJWKSet((await response.json()) as { keys: [] })
    const { protectedHeader } = await jwtVerify(String(body.id_token), keys, { audience: clientId })
    expect(protectedHeader.alg).toBe(alg)
  })
})

describe('a code', () => {
  async function redeem(
    changes: Record<string, string | undefined>,
    authorize: Record<string, string | undefined> = {},
  ) {
    const code = (await logIn(simulator, party.redirectUri, 'nurse', authorize)).get('code') ?? ''
    const client_assertion = await createAssertion(simulator, key)
    const answer = await requestToken(simulator, {
      code,
      redirect_uri: party.redirectUri,
      client_assertion,
      ...changes,
    })
    return { ...answer, refusal: lastRequest(simulator, 'token')?.refusal }
  }
  const invalidGrant = {
    error_description: 'The provided access grant is invalid, expired, or revoked.',
    error: 'invalid_grant',
  }

  test('works once, and its second use withdraws the access token', async () => {
    const code = (await logIn(simulator, party.redirectUri)).get('code') ?? ''
    const form = async () => ({
      code,
      redirect_uri: party.redirectUri,
      client_assertion: await createAssertion(simulator, key),
    })
    const first = await requestToken(simulator, await form())
    expect(await userInfo(first.body.access_token)).toHaveProperty('sub')
    const second = await requestToken(simulator, await form())
    expect([second.status, second.body]).toEqual([400, invalidGrant])
    expect(lastRequest(simulator, 'token')?.refusal).toBe('the code was used before')
    expect(await userInfo(first.body.access_token)).toMatchObject({ error: 'invalid_token' })
  })

  test('needs the verifier of its challenge', async () => {
    const wrong = await redeem({ code_verifier: `${verifier}x` })
    expect([wrong.status, wrong.body]).toEqual([400, invalidGrant])
    expect(wrong.refusal).toBe('code_verifier does not match code_challenge')
    const missing = await redeem({ code_verifier: undefined })
    expect(missing.body).toEqual({
      error_description: "Missing parameter, 'code_verifier'",
      error: 'invalid_request',
    })
    const surplus = await redeem({}, { code_challenge: undefined, code_challenge_method: undefined })
    expect(surplus.refusal).toBe('code_verifier was sent, but no code_challenge before')
    const none = await redeem(
      { code_verifier: undefined },
      { code_challenge: undefined, code_challenge_method: undefined },
    )
    expect(none.status).toBe(200)
  })

  test('is bound to the exact redirect URI', async () => {
    const localhost = party.redirectUri.replace('127.0.0.1', 'localhost')
    const { body, refusal } = await redeem({ redirect_uri: localhost })
    expect(body).toEqual(invalidGrant)
    expect(refusal).toContain('redirect_uri is')
  })

  test('that nobody issued is refused', async () => {
    expect((await redeem({ code: 'unknown' })).refusal).toBe('the code is unknown')
  })

  test('is bound to its client', async () => {
    const clients = [{ clientId: '1.apps.national' }, { clientId: '2.apps.national' }]
    const other = await start({ clients })
    const code = (await logIn(other, party.redirectUri)).get('code') ?? ''
    const claims = { iss: '2.apps.national', sub: '2.apps.national' }
    const client_assertion = await createAssertion(other, key, { claims })
    const form = { code, redirect_uri: party.redirectUri, client_assertion, client_id: '2.apps.national' }
    expect((await requestToken(other, form)).body).toEqual(invalidGrant)
    expect(lastRequest(other, 'token')?.refusal).toBe('the code was issued to another client')
  })

  test('is good for 120 seconds', async () => {
    const code = (await logIn(simulator, party.redirectUri)).get('code') ?? ''
    setClock(Date.now() + 121_000)
    try {
      const client_assertion = await createAssertion(simulator, key)
      const { body } = await requestToken(simulator, {
        code,
        redirect_uri: party.redirectUri,
        client_assertion,
      })
      expect(body).toEqual(invalidGrant)
      expect(lastRequest(simulator, 'token')?.refusal).toBe('the code is older than 120 seconds')
    } finally {
      resetClock()
    }
  })

  test('is taken only with its grant type, once per parameter, in a form', async () => {
    expect((await redeem({ grant_type: 'refresh_token' })).body).toMatchObject({
      error: 'unsupported_grant_type',
    })
    expect((await redeem({ grant_type: undefined })).body).toMatchObject({ error: 'invalid_request' })
    const url = reach(simulator, '/access_token')
    const body = 'grant_type=authorization_code&grant_type=authorization_code'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await (await fetch(url, { method: 'POST', body, headers })).text()
    expect(lastRequest(simulator, 'token')?.refusal).toBe('grant_type is there more than once')
    await (
      await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    ).text()
    expect(lastRequest(simulator, 'token')?.refusal).toBe('the body is not a form: application/json')
  })
})

describe('UserInfo', () => {
  test('is refused without a good access token in the header', async () => {
    const url = reach(simulator, '/userinfo')
    for (const [address, headers] of [
      [url, {}],
      [url, { authorization: 'Bearer nonsense' }],
      [`${url}?access_token=nonsense`, {}],
    ] as const) {
      const response = await fetch(address, { headers })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      expect(await response.json()).toMatchObject({ error: 'invalid_token' })
    }
  })

  test('is a signed JWT without an audience for a client registered so', async () => {
    const other = await start({ clients: [{ clientId: '3.apps.national', userInfoSigned: true }] })
    const { body } = await logInFully(other, party, key)
    const headers = { authorization: `Bearer ${body.access_token}` }
    const response = await fetch(reach(other, '/userinfo'), { headers })
    expect(response.headers.get('content-type')).toContain('application/jwt')
    const keys = createRemoteJWKSet(new URL(reach(other, '/connect/jwk_uri')))
    const { payload } = await jwtVerify(await response.text(), keys)
    expect(payload).toMatchObject({ iss: other.issuer, sub: '555000000001' })
    expect(payload).not.toHaveProperty('aud')
  })
})
