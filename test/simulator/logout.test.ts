import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { createPartyKey, logInFully, reach, start, startRelyingParty } from './relying-party.js'

const key = await createPartyKey('party')
const simulator = await start()
const party = await startRelyingParty([key])
const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const sidOf = (idToken: unknown) => decodeJwt(String(idToken)).sid

describe('a logout token', () => {
  test('goes as a form to the client, for the last session of the person', async () => {
    await logInFully(simulator, party, key)
    const { body } = await logInFully(simulator, party, key)
    await logInFully(simulator, party, key, 'pharmacist')
    const { status, body: answer, headers, token } = await simulator.sendLogoutToken({ person: 'nurse' })
    expect([status, answer, headers['cache-control']]).toEqual([200, 'done', 'no-store'])
    expect(party.logoutBodies).toEqual([new URLSearchParams({ logout_token: token }).toString()])
    const keys = createRemoteJWKSet(new URL(reach(simulator, '/connect/jwk_uri')))
    const { payload, protectedHeader } = await jwtVerify(token, keys)
    expect(protectedHeader.typ).toBe('JWT')
    expect(payload).toEqual({
      iss: simulator.issuer,
      sub: '555000000001',
      aud: simulator.client.clientId,
      iat: expect.any(Number),
      jti: expect.any(String),
      sid: sidOf(body.id_token),
      events,
    })
  })

  test('is for the last person when nobody is named', async () => {
    const { body } = await logInFully(simulator, party, key, 'pharmacist')
    const { sid, sub } = decodeJwt(await simulator.createLogoutToken())
    expect([sid, sub]).toEqual([sidOf(body.id_token), '555000000003'])
  })

  test('finds a session by sub or by sid', async () => {
    const first = await logInFully(simulator, party, key)
    await logInFully(simulator, party, key, 'pharmacist')
    const sid = String(sidOf(first.body.id_token))
    expect(decodeJwt(await simulator.createLogoutToken({ sub: '555000000001' })).sid).toBe(sid)
    expect(decodeJwt(await simulator.createLogoutToken({ sid })).sub).toBe('555000000001')
  })

  test('can leave out sid or sub, and say anything else', async () => {
    const noSid = decodeJwt(await simulator.createLogoutToken({ claims: { sid: undefined } }))
    expect(noSid).not.toHaveProperty('sid')
    const nonce = decodeJwt(await simulator.createLogoutToken({ claims: { nonce: 'x', aud: ['a', 'b'] } }))
    expect(nonce).toMatchObject({ nonce: 'x', aud: ['a', 'b'] })
    simulator.setFault('logoutTokenHeader', { typ: 'logout+jwt' }, { times: 1 })
    expect(decodeProtectedHeader(await simulator.createLogoutToken()).typ).toBe('logout+jwt')
  })

  test('has an id of its own each time', async () => {
    const [one, other] = [await simulator.createLogoutToken(), await simulator.createLogoutToken()]
    expect(decodeJwt(one).jti).not.toBe(decodeJwt(other).jti)
  })

  test('goes where the client is registered', async () => {
    const backChannelLogoutUri = `${party.url}/somewhere`
    const clients = [{ clientId: '1.apps.national' }, { clientId: '2.apps.national', backChannelLogoutUri }]
    const other = await start({ clients })
    const { status, token } = await other.sendLogoutToken({ client: '2.apps.national', person: 'nurse' })
    expect(status).toBe(200)
    expect(decodeJwt(token)).toMatchObject({ aud: '2.apps.national', sub: '555000000001' })
    await expect(other.sendLogoutToken({ person: 'nurse' })).rejects.toThrow('nobody has logged in')
  })

  test('is not made for a person or a client that does not exist', async () => {
    await expect(simulator.createLogoutToken({ person: 'nobody' })).rejects.toThrow("has no person 'nobody'")
    await expect(simulator.createLogoutToken({ client: 'x' })).rejects.toThrow("has no client 'x'")
  })
})

describe('the end session endpoint', () => {
  async function end(query: Record<string, string>) {
    const url = `${reach(simulator, '/connect/endSession')}?${new URLSearchParams(query).toString()}`
    const response = await fetch(url, { redirect: 'manual' })
    return {
      status: response.status,
      location: response.headers.get('location'),
      body: await response.text(),
    }
  }
  const hint = async () => String((await logInFully(simulator, party, key)).body.id_token)
  const home = `${party.url}/logged-out`

  test('goes back to a registered address with the state', async () => {
    const query = { id_token_hint: await hint(), post_logout_redirect_uri: home, state: 's&t' }
    expect(await end(query)).toMatchObject({ status: 303, location: `${home}?state=s%26t` })
  })

  test('adds nothing without a state, and shows a page without an address', async () => {
    const id_token_hint = await hint()
    expect((await end({ id_token_hint, post_logout_redirect_uri: home })).location).toBe(home)
    expect(await end({ id_token_hint })).toMatchObject({ status: 200, location: null })
  })

  test('goes nowhere with an address that is not registered', async () => {
    const query = { id_token_hint: await hint(), post_logout_redirect_uri: 'https://evil.test/' }
    const { status, location, body } = await end(query)
    expect([status, location]).toEqual([400, null])
    expect(body).toContain('does not match a pre-registered value')
  })

  test('wants an ID token of its own', async () => {
    expect((await end({ post_logout_redirect_uri: home })).status).toBe(400)
    const token = await hint()
    const forged = token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA')
    expect((await end({ id_token_hint: forged, post_logout_redirect_uri: home })).status).toBe(400)
  })
})
