import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT, type JWTPayload } from 'jose'
import {
  startSimulator,
  type PlatformApplicationCredentials,
  type Simulator,
} from '../../lib/simulator/index.js'

// The simulated API platform, asked without the library.

let simulator: Simulator
let application: PlatformApplicationCredentials

beforeAll(async () => {
  simulator = await startSimulator()
  application = await simulator.registerPlatformApplication()
})
afterAll(() => simulator.close())

interface Wrong {
  header?: Record<string, unknown>
  claims?: JWTPayload
  form?: Record<string, string | undefined>
}

async function sign({ header, claims }: Wrong): Promise<string> {
  const { apiKey, tokenUrl, signingKey } = application
  const { alg = 'RS512', kid = signingKey.kid, typ = 'JWT' } = header ?? {}
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: apiKey, sub: apiKey, aud: tokenUrl, jti: randomUUID(), exp: now + 60, ...claims }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  const names = Object.fromEntries(Object.entries({ kid, typ }).filter(([, value]) => value !== null))
  const key = await importJWK(signingKey, String(alg))
  return await new SignJWT(given).setProtectedHeader({ alg: String(alg), ...names }).sign(key)
}

async function send(wrong: Wrong): Promise<string> {
  const assertion = await sign(wrong)
  const all = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: 'no.id.token',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    ...wrong.form,
  }
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(all)) if (value !== undefined) body.set(name, value)
  const answer = await fetch(application.tokenUrl, { method: 'POST', body })
  const { error, error_description: text } = (await answer.json()) as Record<string, string>
  return `${answer.status} ${error}: ${text}`
}

const now = (): number => Math.floor(Date.now() / 1000)
const inAssertion = (text: string): string => text.replace('…', 'in client_assertion JWT')

describe('the token endpoint of the simulated platform', () => {
  it.each<[string, Wrong | (() => Wrong)]>([
    ['400 invalid_request: Missing client_assertion', { form: { client_assertion: undefined } }],
    ['400 invalid_request: Malformed JWT in client_assertion', { form: { client_assertion: 'a.b' } }],
    [
      "400 invalid_request: Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
      { form: { client_assertion_type: undefined } },
    ],
    ["400 invalid_request: Missing 'kid' header …", { header: { kid: null } }],
    ["400 invalid_request: Invalid 'typ' header … - must be 'JWT'", { header: { typ: 'at+jwt' } }],
    ["400 invalid_request: Invalid 'typ' header … - must be 'JWT'", { header: { typ: null } }],
    [
      "400 invalid_request: Invalid 'alg' header … - unsupported JWT algorithm - must be 'RS512'",
      { header: { alg: 'RS256' } },
    ],
    ["400 invalid_request: Missing 'exp' claim …", { claims: { exp: undefined } as unknown as JWTPayload }],
    ["400 invalid_request: Invalid 'exp' claim … - must be an integer", { claims: { exp: 1.5 } }],
    [
      "400 invalid_request: Invalid 'exp' claim … - more than 5 minutes in future",
      () => ({ claims: { exp: now() + 315 } }),
    ],
    ["400 invalid_request: Invalid 'exp' claim … - JWT has expired", () => ({ claims: { exp: now() - 1 } })],
    ["400 invalid_request: Missing or non-matching 'iss'/'sub' claims …", { claims: { sub: 'another' } }],
    ["400 invalid_request: Missing 'jti' claim …", { claims: { jti: undefined } as unknown as JWTPayload }],
    [
      "400 invalid_request: Invalid 'jti' claim … - must be a unique string value such as a GUID",
      { claims: { jti: 5 } as unknown as JWTPayload },
    ],
    ["401 invalid_request: Invalid 'iss'/'sub' claims …", { claims: { iss: 'unknown', sub: 'unknown' } }],
    [
      "401 invalid_request: Missing or invalid 'aud' claim …",
      () => ({ claims: { aud: `${application.tokenUrl}/` } }),
    ],
    [
      "401 invalid_request: Missing or invalid 'aud' claim …",
      () => ({ claims: { aud: [application.tokenUrl] } }),
    ],
    ["401 invalid_request: Invalid 'kid' header … - no matching public key", { header: { kid: 'unknown' } }],
    ['400 unsupported_grant_type: grant_type is invalid', { form: { grant_type: 'client_credentials' } }],
    ['400 unsupported_grant_type: grant_type is missing', { form: { grant_type: undefined } }],
    [
      "400 invalid_request: Missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
      { form: { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' } },
    ],
    ['400 invalid_request: Missing subject_token', { form: { subject_token: '' } }],
    ['400 invalid_request: Malformed JWT in subject_token', { form: { subject_token: 'an access token' } }],
  ])('says %j', async (text, wrong) => {
    expect(await send(typeof wrong === 'function' ? wrong() : wrong)).toBe(inAssertion(text))
  })

  it('takes an expiry that is 310 seconds ahead, and goes on to the ID token', async () => {
    expect(await send({ claims: { exp: now() + 309 } })).toBe(
      '400 invalid_request: Malformed JWT in subject_token',
    )
  })

  it('remembers the ids of assertions', async () => {
    const claims = { jti: 'once' }
    expect(await send({ claims })).toContain('subject_token')
    expect(await send({ claims })).toBe(inAssertion("400 invalid_request: Non-unique 'jti' claim …"))
  })

  it('refuses a parameter that is there twice', async () => {
    const answer = await fetch(application.tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=a&grant_type=b',
    })
    expect(answer.status).toBe(400)
    expect(simulator.requests.at(-1)?.refusal).toContain('more than once')
  })

  it.each([
    [{}, 'client_secret is wrong'],
    [{ client_id: 'unknown' }, 'client_id is unknown'],
  ])('refuses to refresh for a stranger (%j)', async (change, refusal) => {
    const { apiKey } = application
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: apiKey,
      client_secret: 'wrong',
      refresh_token: 'x',
      ...change,
    })
    const answer = await fetch(application.tokenUrl, { method: 'POST', body })
    expect(answer.status).toBe(401)
    expect(simulator.requests.at(-1)?.refusal).toBe(refusal)
  })
})

describe('the API of the simulated platform', () => {
  it.each([undefined, 'Bearer unknown', 'Basic eDp5'])('refuses %j', async (authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const answer = await fetch(`${simulator.url}/user-restricted/whoami`, { headers })
    expect(answer.status).toBe(401)
    expect(simulator.requests.count('platformApi')).toBeGreaterThan(0)
  })
})
