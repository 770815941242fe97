import { decodeJwt } from 'jose'
import {
  authorizationUrl,
  choose,
  createPartyKey,
  lastRequest,
  logIn,
  logInFully,
  reach,
  start,
  startRelyingParty,
} from './relying-party.js'

const key = await createPartyKey('party')
const simulator = await start()
const party = await startRelyingParty([key])
afterEach(() => simulator.clearFaults())

async function get(path: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const response = await fetch(reach(simulator, path), { headers })
  return JSON.parse(await response.text()) as Record<string, unknown>
}
const discover = () => get('/.well-known/openid-configuration')

interface Jwk {
  [member: string]: unknown
}
async function keySet(): Promise<{ keys: Jwk[] }> {
  return (await get('/connect/jwk_uri')) as { keys: Jwk[] }
}

async function userInfo(): Promise<unknown> {
  const { body } = await logInFully(simulator, party, key)
  return get('/userinfo', { authorization: `Bearer ${body.access_token}` })
}

describe('the metadata', () => {
  test('can say anything instead of a member, and leave one out', async () => {
    simulator.setFault('discovery', {
      issuer: 'https://evil.test',
      token_endpoint: undefined,
      jwks_uri: null,
      authorization_endpoint: 'http://127.0.0.1/authorize',
    })
    const metadata = await discover()
    expect(metadata).toMatchObject({
      issuer: 'https://evil.test',
      jwks_uri: null,
      authorization_endpoint: 'http://127.0.0.1/authorize',
    })
    expect(metadata).not.toHaveProperty('token_endpoint')
  })

  test('can be no object at all', async () => {
    simulator.setFault('discovery', (good) => [good])
    expect(await discover()).toEqual([expect.objectContaining({ issuer: simulator.issuer })])
  })

  test('can name another address of the key set', async () => {
    simulator.setFault('movedJwksUri')
    expect((await discover()).jwks_uri).toBe(`${simulator.issuer}/connect/jwk_uri/moved`)
    expect((await fetch(reach(simulator, '/connect/jwk_uri'))).status).toBe(404)
    expect(await get('/connect/jwk_uri/moved')).toHaveProperty('keys')
    simulator.clearFaults()
    expect((await fetch(reach(simulator, '/connect/jwk_uri/moved'))).status).toBe(404)
  })
})

describe('the key set', () => {
  test('can be overridden', async () => {
    simulator.setFault('jwks', { keys: 'none' })
    expect(await keySet()).toEqual({ keys: 'none' })
  })

  test('can have no keys, in three ways', async () => {
    simulator.setFault('jwksKeys')
    expect(await keySet()).toEqual({ keys: [] })
    simulator.setFault('jwksKeys', 'missing')
    expect(await keySet()).toEqual({})
    simulator.setFault('jwksKeys', 'not-array')
    expect(await keySet()).toEqual({ keys: { 0: expect.objectContaining({ kty: 'RSA' }) } })
  })

  test('can have broken keys in front of the good one', async () => {
    const [good] = (await keySet()).keys
    simulator.setFault('jwksKeys', 'malformed-beside-good')
    const { keys } = await keySet()
    expect(keys).toHaveLength(5)
    expect(keys[0]).toBeNull()
    expect(keys.at(-1)).toEqual(good)
  })

  test('can leave out kid or alg', async () => {
    simulator.setFault('jwksKeys', 'without-kid')
    expect((await keySet()).keys[0]).not.toHaveProperty('kid')
    simulator.setFault('jwksKeys', 'without-alg')
    expect((await keySet()).keys[0]).not.toHaveProperty('alg')
  })

  test('can have two keys under one kid', async () => {
    simulator.setFault('jwksKeys', 'same-kid-other-type')
    const [elliptic, good] = (await keySet()).keys
    expect([elliptic?.kty, good?.kty]).toEqual(['EC', 'RSA'])
    expect(elliptic?.kid).toBe(good?.kid)
    simulator.setFault('jwksKeys', 'same-kid-other-key')
    const [other, same] = (await keySet()).keys
    expect(other?.kid).toBe(same?.kid)
    expect(other?.n).not.toBe(same?.n)
  })

  test('can show the private key', async () => {
    simulator.setFault('jwksKeys', 'private-members')
    expect((await keySet()).keys[0]).toMatchObject({ d: expect.any(String), kid: expect.any(String) })
  })

  test('can have ten thousand keys, the good one last', async () => {
    const [good] = (await keySet()).keys
    simulator.setFault('jwksKeys', 'ten-thousand')
    const { keys } = await keySet()
    expect(keys).toHaveLength(10_001)
    expect(keys.at(-1)).toEqual(good)
  })
})

describe('the answer to the redirect URI', () => {
  test('can change, repeat, add and drop parameters', async () => {
    simulator.setFault('authorize', { state: 'changed', code: ['one', 'two'], session_state: 'x' })
    const changed = await logIn(simulator, party.redirectUri)
    expect([...changed]).toEqual([
      ['code', 'one'],
      ['code', 'two'],
      ['state', 'changed'],
      ['session_state', 'x'],
    ])
    simulator.setFault('authorize', { state: undefined })
    expect((await logIn(simulator, party.redirectUri)).has('state')).toBe(false)
  })

  test('can be an error with any description', async () => {
    const error_description = '<script>alert(1)</script>\r\nSet-Cookie: x=1'
    simulator.setFault(
      'authorize.error',
      { error: 'temporarily_unavailable', error_description },
      { times: 1 },
    )
    const response = await fetch(authorizationUrl(simulator, party.redirectUri), { redirect: 'manual' })
    const back = new URL(response.headers.get('location') ?? '').searchParams
    expect(Object.fromEntries(back)).toEqual({
      error: 'temporarily_unavailable',
      error_description,
      state: 'the-state',
    })
    expect(lastRequest(simulator, 'authorize')?.refusal).toBe('the fault authorize.error is set')
    expect((await choose(authorizationUrl(simulator, party.redirectUri), { person: 'nurse' })).status).toBe(
      303,
    )
  })

  test('can name the issuer, say so in the metadata, or say so and not do it', async () => {
    const advertised = async () => (await discover()).authorization_response_iss_parameter_supported
    const issuer = async () => (await logIn(simulator, party.redirectUri)).get('iss')
    expect([await issuer(), await advertised()]).toEqual([null, undefined])
    simulator.setFault('mixUpMitigation')
    expect([await issuer(), await advertised()]).toEqual([simulator.issuer, undefined])
    expect((await logIn(simulator, party.redirectUri)).get('client_id')).toBe(simulator.client.clientId)
    simulator.setFault('mixUpMitigation', 'sent-and-advertised')
    expect([await issuer(), await advertised()]).toEqual([simulator.issuer, true])
    simulator.setFault('mixUpMitigation', 'advertised-only')
    expect([await issuer(), await advertised()]).toEqual([null, true])
    simulator.setFault('authorize', { iss: 'https://evil.test' })
    expect(await issuer()).toBe('https://evil.test')
  })
})

describe('the token response', () => {
  test('can have any member changed, added or left out', async () => {
    simulator.setFault('token', {
      id_token: undefined,
      access_token: 7,
      token_type: 'bEARER',
      expires_in: '3599',
      refresh_token: 'r',
    })
    const { body } = await logInFully(simulator, party, key)
    expect(body).toEqual({
      access_token: 7,
      scope: 'openid profile nationalrbacaccess',
      token_type: 'bEARER',
      expires_in: '3599',
      refresh_token: 'r',
    })
  })

  test('can have members called __proto__ and constructor, and numbers beyond all bounds', async () => {
    simulator.setFault(
      'token',
      JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1}') as object as never,
    )
    simulator.setFault('token.body', (good) => good.replace('3599', '1e309'))
    const { body } = await logInFully(simulator, party, key)
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['__proto__', 'constructor']))
    expect(body.expires_in).toBe(Infinity)
  })

  test('can be a refusal with any status, 200 included', async () => {
    simulator.setFault('token.error', { error: 'invalid_grant', error_description: 'no', status: 200 })
    expect(await logInFully(simulator, party, key)).toMatchObject({
      status: 200,
      body: { error_description: 'no', error: 'invalid_grant' },
    })
    simulator.setFault('token.error')
    expect(await logInFully(simulator, party, key)).toMatchObject({
      status: 400,
      body: { error: 'invalid_client' },
    })
  })
})

describe('UserInfo', () => {
  test('can have any claim changed, added or left out', async () => {
    simulator.setFault('userInfo', {
      sub: 'another',
      given_name: undefined,
      _claim_sources: { a: { endpoint: 'http://127.0.0.1/internal' } },
    })
    const claims = await userInfo()
    expect(claims).toMatchObject({ sub: 'another', _claim_sources: { a: {} } })
    expect(claims).not.toHaveProperty('given_name')
  })

  test.each([[[]], [null], ['text']])('can be %j', async (value) => {
    simulator.setFault('userInfo', () => value)
    expect(await userInfo()).toEqual(value)
  })

  test('can have ten thousand roles', async () => {
    simulator.setFault('roleCount')
    const { nhsid_nrbac_roles } = (await userInfo()) as { nhsid_nrbac_roles: Jwk[] }
    expect(new Set(nhsid_nrbac_roles.map((role) => role.person_roleid)).size).toBe(10_000)
  })
})

test('the clock can be wrong, for tokens and for assertions', async () => {
  const now = Math.floor(Date.now() / 1000)
  simulator.setFault('clock')
  const fast = await logInFully(simulator, party, key)
  expect(fast.body).toMatchObject({ error_description: 'JWT has expired' })
  simulator.setFault('clock', -60)
  const { body } = await logInFully(simulator, party, key)
  const { iat, exp, auth_time } = decodeJwt(String(body.id_token))
  for (const time of [iat, Number(exp) - 3600, auth_time]) {
    expect(Number(time)).toBeGreaterThanOrEqual(now - 60)
    expect(Number(time)).toBeLessThan(now - 40)
  }
})
