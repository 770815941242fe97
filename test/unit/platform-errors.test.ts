import { explainPlatformError } from '../../lib/index.js'
import { errorCodes } from '../../lib/error-codes.js'
import { platformErrorTexts } from '../../lib/api-platform/error-texts.js'

// What the API platform says, word for word, and which of our errors that is.
const assertion = 'ERR_CIS2_PLATFORM_ASSERTION_REFUSED'
const key = 'ERR_CIS2_PLATFORM_KEY_REFUSED'
const client = 'ERR_CIS2_PLATFORM_CLIENT_REFUSED'
const idToken = 'ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED'

const said: readonly (readonly [string, string | undefined, RegExp])[] = [
  ['Missing client_assertion', assertion, /no client_assertion/],
  ['Malformed JWT in client_assertion', assertion, /sandbox/],
  [
    "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
    assertion,
    /client_assertion_type/,
  ],
  ["Missing 'kid' header in client_assertion JWT", assertion, /names no key/],
  ["Invalid 'typ' header in client_assertion JWT - must be 'JWT'", assertion, /typ/],
  [
    "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
    assertion,
    /RSA/,
  ],
  ["Missing 'exp' claim in client_assertion JWT", assertion, /no expiry/],
  ["Invalid 'exp' claim in client_assertion JWT - must be an integer", assertion, /whole number/],
  ["Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future", assertion, /clock is fast/],
  ["Invalid 'exp' claim in client_assertion JWT - JWT has expired", assertion, /clock is slow/],
  ["Missing or non-matching 'iss'/'sub' claims in client_assertion JWT", assertion, /differ/],
  ["Missing 'jti' claim in client_assertion JWT", assertion, /no id/],
  [
    "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
    assertion,
    /no text/,
  ],
  ["Non-unique 'jti' claim in client_assertion JWT", assertion, /twice/],
  ["Invalid 'iss'/'sub' claims in client_assertion JWT", client, /apiKey/],
  ["Missing or invalid 'aud' claim in client_assertion JWT", assertion, /tokenUrl/],
  ["Invalid 'kid' header in client_assertion JWT - no matching public key", key, /an hour/],
  ['JWT signature verification failed', key, /public half/],
  [
    'You need to register a public key to use this authentication method - please contact support to configure',
    key,
    /Register/,
  ],
  ["The JWKS endpoint, for your client_assertion can't be reached", key, /outside/],
  ['Malformed JWT in subject_token', idToken, /access token/],
  ["Missing or non-matching 'iss' claim in subject_token JWT", idToken, /environment/],
  ["Missing 'aud' claim in subject_token JWT", idToken, /no audience/],
  ["Missing 'exp' claim in subject_token JWT", idToken, /no expiry/],
  ["Invalid 'exp' claim in subject_token JWT - JWT has expired", idToken, /has expired/],
  ["Invalid 'kid' header in subject_token JWT - no matching public key", idToken, /kid/],
  ['JWT signature verification failed in subject_token', idToken, /another environment/],
  ['Missing subject_token', idToken, /no subject_token/],
  [
    "Missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
    idToken,
    /subject_token_type/,
  ],
  ['grant_type is invalid', 'ERR_CIS2_PLATFORM_REFUSED', /tokenUrl/],
  [
    'you have tried to request authorization but your application is not configured to use this authorization grant type',
    'ERR_CIS2_PLATFORM_NOT_AUTHORISED',
    /lower level/,
  ],
  ['client_id or client_secret is invalid', client, /apiSecret/],
  ['refresh_token is invalid', 'ERR_CIS2_PLATFORM_REFRESH_REFUSED', /used before/],
  ['refresh token refresh period has expired', 'ERR_CIS2_PLATFORM_REFRESH_EXPIRED', /[Tt]welve hours/],
  ['multiple roles found in user info, please check NHSD-Session-URID', undefined, /several roles/],
  ['no userroles available for this person', undefined, /no role/],
  ['selected_roleid is misconfigured/invalid', undefined, /none of/],
  ['selected_roleid is missing in your token', undefined, /No role was selected/],
  ['nhsid_nrbac_roles is misconfigured/invalid', undefined, /nationalrbacaccess/],
  ['NHSD-Session-URID is invalid', undefined, /header names/],
  ['unable to retrieve user info', undefined, /combined/],
]

describe('the table of what the API platform says', () => {
  it.each(said)('knows %j', (text, code, words) => {
    const explanation = explainPlatformError(text)
    expect(explanation?.code).toBe(code)
    expect(`${explanation?.cause} ${explanation?.fix}`).toMatch(words)
  })

  it('has no row that nothing leads to', () => {
    const reached = said.map(([text]) => explainPlatformError(text)?.cause)
    expect(platformErrorTexts.filter(({ cause }) => !reached.includes(cause))).toEqual([])
  })

  it('names codes that exist, a cause and something to do', () => {
    for (const { code, cause, fix } of platformErrorTexts) {
      if (code !== undefined) expect(Object.keys(errorCodes)).toContain(code)
      expect(cause).toMatch(/\.$/)
      expect(fix).toMatch(/\.$/)
    }
  })

  it.each([
    "invalid 'KID' header in Client_Assertion jwt – no matching key",
    'Invalid ‘kid’ header in client_assertion JWT',
  ])('knows %j by whatever quotes, dashes and capitals', (text) => {
    expect(explainPlatformError(text)?.code).toBe(key)
  })

  it.each(['', 'something else', 'x'.repeat(100_000)])('says nothing of what it does not know', (text) => {
    expect(explainPlatformError(text)).toBeUndefined()
  })
})
