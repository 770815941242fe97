import { decodeJwt } from 'jose'
import type { Simulator } from '../../lib/simulator/index.js'
import {
  authorizationUrl,
  challenge,
  choose,
  createAssertion,
  createPartyKey,
  lastRequest,
  logIn,
  logInFully,
  requestToken,
  start,
  startRelyingParty,
  type RelyingParty,
} from './relying-party.js'

const key = await createPartyKey('party')
let simulator: Simulator
let party: RelyingParty
beforeAll(async () => {
  simulator = await start()
  party = await startRelyingParty([key])
})

type Changes = Readonly<Record<string, string | undefined>>

async function ask(changes: Changes = {}, redirectUri = party.redirectUri) {
  const response = await fetch(authorizationUrl(simulator, redirectUri, changes), { redirect: 'manual' })
  const location = response.headers.get('location')
  const body = await response.text()
  const back = location === null ? undefined : Object.fromEntries(new URL(location).searchParams)
  return { status: response.status, headers: response.headers, body, back }
}

describe('a request that names no good client and redirect URI', () => {
  test.each<[string, Changes, string]>([
    ['no client', { client_id: undefined }, 'Missing parameter, &#39;client_id&#39;'],
    ['an unknown client', { client_id: 'x' }, 'Client authentication failed'],
    ['no redirect URI', { redirect_uri: undefined }, 'Missing parameter, &#39;redirect_uri&#39;'],
    [
      'a redirect URI that is not registered',
      { redirect_uri: 'https://app.example.test/callback' },
      'The redirection URI provided does not match a pre-registered value.',
    ],
    ['a redirect URI with a fragment', { redirect_uri: 'http://localhost/cb#x' }, 'does not match'],
    ['a redirect URI with a user', { redirect_uri: 'http://localhost@evil.test/cb' }, 'does not match'],
    [
      'a host that only begins like loopback',
      { redirect_uri: 'http://localhost.evil.test/cb' },
      'does not match',
    ],
  ])('gets a page of the simulator, not a redirect: %s', async (_what, changes, text) => {
    const { status, body, back } = await ask(changes)
    expect([status, back]).toEqual([400, undefined])
    expect(body).toContain(text)
    expect(lastRequest(simulator, 'authorize')?.refusal).toEqual(expect.any(String))
  })

  test('gets the same page when a parameter is there twice', async () => {
    const url = `${authorizationUrl(simulator, party.redirectUri)}&state=again`
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(400)
    expect(lastRequest(simulator, 'authorize')?.refusal).toBe('state is there more than once')
  })

  test('is compared with the registered redirect URIs character by character', async () => {
    const redirectUris = ['https://app.example.test:443/cis2/callback']
    const other = await start({ clients: [{ clientId: '1.apps.national', redirectUris }] })
    const [registered = ''] = redirectUris
    const good = await choose(authorizationUrl(other, registered), { person: 'nurse' })
    expect(good.headers.get('location')).toMatch(/^https:\/\/app\.example\.test:443\/cis2\/callback\?code=/)
    for (const wrong of [
      registered.replace(':443', ''),
      `${registered}/`,
      `${registered}?x=1`,
      party.redirectUri,
    ])
      expect((await fetch(authorizationUrl(other, wrong), { redirect: 'manual' })).status).toBe(400)
  })
})

describe('a request of a good client', () => {
  test.each<[string, Changes, string, string]>([
    [
      'another response type',
      { response_type: 'token' },
      'unsupported_response_type',
      'Response type is not supported.',
    ],
    [
      'no response type',
      { response_type: undefined },
      'invalid_request',
      "Missing parameter, 'response_type'",
    ],
    ['no openid in its scope', { scope: 'profile' }, 'invalid_request', 'Missing expected scope=openid'],
    ['an unknown scope', { scope: 'openid oidc' }, 'invalid_scope', 'Unknown/invalid scope(s): [oidc]'],
    [
      'PKCE with plain',
      { code_challenge_method: 'plain' },
      'invalid_request',
      'Invalid code challenge method specified.',
    ],
    [
      'PKCE with no method',
      { code_challenge_method: undefined },
      'invalid_request',
      'Invalid code challenge method specified.',
    ],
    [
      'a challenge of the wrong length',
      { code_challenge: challenge.slice(1) },
      'invalid_request',
      'Invalid code challenge method specified.',
    ],
    ['a max_age that is no number', { max_age: '5m' }, 'invalid_request', 'Invalid request.'],
    ['an unknown prompt', { prompt: 'select_account' }, 'invalid_request', 'Invalid request.'],
    ['prompt none', { prompt: 'none' }, 'login_required', 'The request requires login.'],
    [
      'an unknown response mode',
      { response_mode: 'fragment' },
      'invalid_request',
      'Invalid response_mode: fragment',
    ],
  ])('goes back with an error for %s', async (_what, changes, error, error_description) => {
    const { status, back } = await ask(changes)
    expect(status).toBe(303)
    expect(back).toEqual({ error, error_description, state: 'the-state' })
  })

  test('is answered by the person picker, under a policy without inline code', async () => {
    const { status, headers, body } = await ask({ prompt: 'login', max_age: '300' })
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'self'; form-action 'self' ${party.url}; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(body).toContain('<html lang="en-GB">')
    expect(body.match(/<h1>/g)).toHaveLength(1)
    expect(body).toContain('<main id="main"')
    expect(body).not.toMatch(/<script|style=|onclick/)
    for (const { key: name } of simulator.people) expect(body).toContain(`data-testid="person-${name}"`)
    const [, sheet] = /<link rel="stylesheet" href="([^"]+)">/.exec(body) ?? []
    const style = await fetch(simulator.url + sheet)
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
  })

  test('shows names that hold markup as text', async () => {
    const { body } = await ask()
    expect(body).toContain('O&#39;ŃEILL &amp; SONS Zoë &lt;b&gt;')
    const url = authorizationUrl(simulator, party.redirectUri, { scope: 'openid selectedrole' })
    const answer = await choose(url, { person: 'doctor-many-roles' })
    expect(await answer.text()).toContain('&quot;Clinical&quot;:&quot;Clinical Provision&quot;')
  })

  test('ends with access_denied when the person cancels', async () => {
    const response = await choose(authorizationUrl(simulator, party.redirectUri), { cancel: 'true' })
    const back = new URL(response.headers.get('location') ?? '').searchParams
    expect([back.get('error'), back.get('state'), back.get('code')]).toEqual([
      'access_denied',
      'the-state',
      null,
    ])
  })

  test('is refused a person who does not exist', async () => {
    const response = await choose(authorizationUrl(simulator, party.redirectUri), { person: 'nobody' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('there is no person &#39;nobody&#39;')
  })

  test.each(['key', 'sub', 'name'])('takes a person by %s', async (by) => {
    const nurse = simulator.people.find(({ key: own }) => own === 'nurse')
    const names: Record<string, unknown> = { ...nurse?.claims, key: 'nurse' }
    const back = await logIn(simulator, party.redirectUri, String(names[by]))
    const answer = await requestToken(simulator, {
      code: back.get('code') ?? '',
      redirect_uri: party.redirectUri,
      client_assertion: await createAssertion(simulator, key),
    })
    expect(decodeJwt(String(Reflect.get(Object(answer.body), 'id_token'))).sub).toBe(nurse?.claims.sub)
  })

  test('keeps the query of its redirect URI', async () => {
    const back = await logIn(simulator, `${party.redirectUri}?tenant=1`)
    expect([...back.keys()]).toEqual(['tenant', 'code', 'state'])
  })

  test('has no state in the answer when it had none', async () => {
    expect([...(await logIn(simulator, party.redirectUri, 'nurse', { state: undefined })).keys()]).toEqual([
      'code',
    ])
  })
})

describe('form_post', () => {
  const mode = { response_mode: 'form_post' }

  test('is a form with a button that goes to the redirect URI', async () => {
    const response = await choose(authorizationUrl(simulator, party.redirectUri, mode), { person: 'nurse' })
    expect(response.status).toBe(200)
    const body = await response.text()
    expect(body).toContain(`<form method="post" action="${party.redirectUri}"`)
    expect(body).toMatch(/<input type="hidden" name="code" value="[\w-]{32}">/)
    expect(body).toContain('<input type="hidden" name="state" value="the-state">')
  })

  test('is JSON for whoever accepts only that', async () => {
    const response = await fetch(authorizationUrl(simulator, party.redirectUri, mode), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ person: 'nurse' }),
    })
    expect(await response.json()).toEqual({
      redirectUri: party.redirectUri,
      responseMode: 'form_post',
      parameters: { code: expect.any(String), state: 'the-state' },
    })
  })

  test.each<[string, Changes, Record<string, string>, number, object]>([
    [
      'who there is',
      {},
      { person: 'nobody' },
      400,
      {
        error: 'invalid_request',
        refusal: expect.stringMatching(/^there is no person 'nobody'; there are nurse, /),
      },
    ],
    [
      'which client there is',
      { client_id: 'x' },
      { person: 'nurse' },
      400,
      { error: 'invalid_client', refusal: expect.stringMatching(/^client_id 'x' is not registered; .* is$/) },
    ],
    [
      'which roles there are',
      { scope: 'openid selectedrole' },
      { person: 'doctor-many-roles', role: '1' },
      400,
      { refusal: expect.stringMatching(/^doctor-many-roles has no role '1'; there are 555000002001, /) },
    ],
    [
      'that a role is wanted',
      { scope: 'openid selectedrole' },
      { person: 'doctor-many-roles' },
      200,
      { roles: expect.arrayContaining([expect.objectContaining({ id: '555000002003' })]) },
    ],
  ])('tells a test %s', async (_what, changes, form, status, body) => {
    const response = await fetch(authorizationUrl(simulator, party.redirectUri, { ...mode, ...changes }), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(form),
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(body)
  })

  test('carries errors too', async () => {
    const { status, body } = await ask({ ...mode, prompt: 'none' })
    expect(status).toBe(200)
    expect(body).toContain('name="error" value="login_required"')
  })
})

describe('the selected role', () => {
  async function selected(
    person: string,
    form: Changes = {},
    scope = 'openid selectedrole',
  ): Promise<unknown> {
    const url = authorizationUrl(simulator, party.redirectUri, { scope })
    const body = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value ?? '']))
    const response = await choose(url, { person, ...body })
    const location = response.headers.get('location')
    if (location === null) return response.status
    const answer = await requestToken(simulator, {
      code: new URL(location).searchParams.get('code') ?? '',
      redirect_uri: party.redirectUri,
      client_assertion: await createAssertion(simulator, key),
    })
    return decodeJwt(String(answer.body.id_token)).selected_roleid
  }

  test('is the only one, without a question', async () => {
    expect(await selected('nurse')).toBe('555000001001')
    expect(await selected('single-object')).toBe('555000013001')
  })

  test('is asked for when there are several', async () => {
    const url = authorizationUrl(simulator, party.redirectUri, { scope: 'openid selectedrole' })
    const page = await choose(url, { person: 'doctor-many-roles' })
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).toContain('Which role are you working in?')
    expect(html.match(/data-testid="role-5550000020/g)).toHaveLength(4)
    expect(html).toContain('SPECIMEN GENERAL HOSPITAL')
    expect(await selected('doctor-many-roles', { role: '555000002003' })).toBe('555000002003')
    expect(await selected('doctor-many-roles', { role: '555000002003' }, 'openid changedrole')).toBe(
      '555000002003',
    )
  })

  test("is never someone else's", async () => {
    expect(await selected('doctor-many-roles', { role: '555000001001' })).toBe(400)
  })

  test('is absent without a role or without the scope', async () => {
    expect(await selected('no-role')).toBeUndefined()
    expect(await selected('nurse', {}, 'openid')).toBeUndefined()
  })

  test('is blank, or unknown, for the people made so', async () => {
    expect(await selected('blank-selected-role')).toBe('')
    expect(await selected('unknown-selected-role')).toBe('555000011999')
  })
})

describe('the level of authentication', () => {
  test.each([
    ['nurse', undefined, 'AAL3_ANY', '3', 'N3_SMARTCARD'],
    ['nurse', 'AAL2_OR_AAL3_ANY', 'AAL2_OR_AAL3_ANY', '3', 'N3_SMARTCARD'],
    ['nurse', 'AAL2_ANY', 'AAL2_ANY', '2', 'TOTP'],
    ['nurse', 'AAL3_FIDO2', 'AAL3_FIDO2', '3', 'N3_SMARTCARD'],
    ['nurse', 'UNHEARD_OF', 'AAL3_ANY', '3', 'N3_SMARTCARD'],
    ['aal2-only', 'AAL2_OR_AAL3_ANY', 'AAL2_OR_AAL3_ANY', '2', 'TOTP'],
    ['aal2-only', 'AAL3_ANY AAL2_ANY', 'AAL2_ANY', '2', 'TOTP'],
    ['aal2-only', 'AAL3_ANY', 'AAL2_ANY', '2', 'TOTP'],
  ])('of %s asked for %s is %s at level %s', async (person, acr_values, acr, level, method) => {
    const { body } = await logInFully(simulator, party, key, person, { acr_values })
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      acr,
      authentication_assurance_level: level,
      amr: [method],
    })
  })
})
