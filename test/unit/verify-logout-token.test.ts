import { generateKeyPairSync, sign } from 'node:crypto'
import { ConfigurationError, createJwks, LogoutTokenError, verifyLogoutToken } from '../../lib/index.js'
import { startSimulator } from '../../lib/simulator/index.js'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = createJwks({ signingKey: privateKey, algorithm: 'RS256' })
const kid = jwks.keys[0]?.kid
const expected = { issuer: 'https://am.example.nhs.uk:443/realm', clientId: 'client', jwks }
const now = Math.floor(Date.now() / 1000)

function tokenWith(claims: object = {}, header: object = {}): string {
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const usual = { iss: expected.issuer, aud: 'client', jti: 'j', sid: 's', sub: 'p', iat: now, exp: now + 60 }
  const signed = `${encoded({ alg: 'RS256', kid, ...header })}.${encoded({ events, ...usual, ...claims })}`
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}

// Wrong values on purpose, which the compiler would refuse.
async function verify(token: unknown, changes: object = {}): Promise<unknown> {
  return await verifyLogoutToken(token as string, { ...expected, ...changes })
}

describe('a logout token without Express', () => {
  it('is verified with a set that is at hand', async () => {
    await expect(verify(tokenWith())).resolves.toEqual({ jti: 'j', sid: 's', sub: 'p', issuedAt: now })
  })

  it('is verified with keys that are fetched', async () => {
    const simulator = await startSimulator()
    try {
      const { issuer, client } = simulator
      const token = await simulator.createLogoutToken({ sub: 'p' })
      const document = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
        jwks_uri: string
      }
      const input = { issuer, clientId: client.clientId, jwks: new URL(document.jwks_uri) }
      await expect(verifyLogoutToken(token, input)).resolves.toMatchObject({ sub: 'p' })
    } finally {
      await simulator.close()
    }
  })

  it.each<readonly [string, unknown, object, string]>([
    ['is nothing', undefined, {}, 'ERR_CIS2_LOGOUT_TOKEN_MISSING'],
    ['is a number', 5, {}, 'ERR_CIS2_LOGOUT_TOKEN_MISSING'],
    ['is empty', '', {}, 'ERR_CIS2_LOGOUT_TOKEN_MALFORMED'],
    ['is for somebody else', tokenWith({ aud: 'other' }), {}, 'ERR_CIS2_LOGOUT_TOKEN_AUDIENCE'],
    ['is of another provider', tokenWith({ iss: 'https://evil' }), {}, 'ERR_CIS2_LOGOUT_TOKEN_ISSUER'],
    ['is too old', tokenWith({ exp: now - 60 }), {}, 'ERR_CIS2_LOGOUT_TOKEN_EXPIRED'],
    ['is of the future', tokenWith({ iat: now + 60 }), {}, 'ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT'],
    ['has an unknown kid', tokenWith({}, { kid: 'two' }), {}, 'ERR_CIS2_LOGOUT_TOKEN_KEY'],
    ['meets no keys', tokenWith(), { jwks: { keys: [null, 5] } }, 'ERR_CIS2_LOGOUT_TOKEN_KEY'],
  ])('that %s is refused', async (_what, token, changes, code) => {
    const error: unknown = await verify(token, changes).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LogoutTokenError)
    expect(error).toMatchObject({ code })
  })
})

// What is missing here would be equal to what is missing in a token.
describe('what a logout token is compared with', () => {
  it.each<readonly [string, object, object]>([
    ['issuer', { issuer: undefined }, { iss: undefined }],
    ['clientId', { clientId: undefined }, { aud: undefined }],
    ['clientId', { clientId: '' }, { aud: '' }],
    ['clockToleranceSeconds', { clockToleranceSeconds: Number.NaN }, { exp: now - 9000, iat: now - 9999 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: Infinity }, { exp: now - 9000, iat: now - 9999 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: 1e9 }, { exp: now - 9000, iat: now - 9999 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: '10' }, { iat: now + 9000, exp: now + 9999 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: null }, {}],
    ['algorithm', { algorithm: 'HS256' }, {}],
    ['jwks', { jwks: undefined }, {}],
    ['jwks', { jwks: 'https://am.example.nhs.uk/jwks' }, {}],
    ['jwks', { jwks: { keys: null } }, {}],
    ['jwks', { jwks: new URL('http://am.example.nhs.uk/jwks') }, {}],
    ['jwks', { jwks: new URL('file:///etc/hosts') }, {}],
    ['issuers', { issuers: ['https://am.example.nhs.uk'] }, {}],
  ])('is refused as %s: %p', async (option, changes, claims) => {
    const error: unknown = await verify(tokenWith(claims), changes).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ problems: [{ option }] })
  })

  it('is told at once when there is nothing', async () => {
    const nothing = undefined as unknown as typeof expected
    await expect(verifyLogoutToken(tokenWith(), nothing)).rejects.toMatchObject({
      problems: [{ option: 'issuer' }, { option: 'clientId' }, { option: 'jwks' }],
    })
  })
})
