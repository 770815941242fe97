import type { Cis2ErrorCode } from '../error-codes.js'

/** What the API platform says when it refuses something, what that means, and what to do about it. */
export interface PlatformErrorText {
  /** Its words, or as many of them as tell the cause. */
  readonly text: string
  /** The code of the error that `exchangeIdToken` raises; none for what only its APIs say. */
  readonly code?: Cis2ErrorCode
  readonly cause: string
  readonly fix: string
}

const assertion = 'ERR_CIS2_PLATFORM_ASSERTION_REFUSED'
const key = 'ERR_CIS2_PLATFORM_KEY_REFUSED'
const client = 'ERR_CIS2_PLATFORM_CLIENT_REFUSED'
const idToken = 'ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED'

const builtHere = 'exchangeIdToken always sends it: see whether a proxy or your `fetch` changes the request.'
const clocks = "Compare this machine's clock with the time (NTP): more than a few seconds are too many."

/** The client assertion, and the key it is checked with. */
const assertionTexts: readonly PlatformErrorText[] = [
  row('Missing client_assertion', assertion, 'The form has no client_assertion.', builtHere),
  row(
    'Malformed JWT in client_assertion',
    assertion,
    'The client assertion is no JWT; the sandbox says this to every real one.',
    'Check that `tokenUrl` is not the address of a sandbox.',
  ),
  row(
    'Missing or invalid client_assertion_type',
    assertion,
    'The form has another client_assertion_type.',
    builtHere,
  ),
  row("Missing 'kid' header in client_assertion", assertion, 'The assertion names no key.', builtHere),
  row(
    "Invalid 'typ' header in client_assertion",
    assertion,
    'The assertion has another `typ` than JWT.',
    builtHere,
  ),
  row(
    "Invalid 'alg' header in client_assertion",
    assertion,
    'The assertion is not signed with RS512, the only algorithm that is taken.',
    'Give a `signingKey` of type RSA.',
  ),
  row("Missing 'exp' claim in client_assertion", assertion, 'The assertion has no expiry.', builtHere),
  row(
    "Invalid 'exp' claim in client_assertion JWT - must be an integer",
    assertion,
    'The expiry is no whole number of seconds.',
    builtHere,
  ),
  row(
    'more than 5 minutes in future',
    assertion,
    "The assertion lasts longer than five minutes by the platform's clock: this machine's clock is fast, or the lifetime too long.",
    `${clocks} Lower \`assertionLifetimeSeconds\`.`,
  ),
  row(
    "Invalid 'exp' claim in client_assertion JWT - JWT has expired",
    assertion,
    "The assertion had expired when it arrived: this machine's clock is slow.",
    clocks,
  ),
  row(
    "Missing or non-matching 'iss'/'sub' claims in client_assertion",
    assertion,
    '`iss` and `sub` are missing or differ.',
    builtHere,
  ),
  row("Missing 'jti' claim", assertion, 'The assertion has no id.', builtHere),
  row("Invalid 'jti' claim", assertion, 'The id of the assertion is no text.', builtHere),
  row(
    "Non-unique 'jti' claim",
    assertion,
    'The same assertion arrived twice; ids are remembered for 30 days.',
    'Something between here and the platform repeats requests: a proxy, or a `fetch` that retries.',
  ),
  row(
    "Invalid 'iss'/'sub' claims in client_assertion",
    client,
    'The platform does not know the API key.',
    'Check `apiKey`, and that it belongs to this environment of the platform.',
  ),
  row(
    "Missing or invalid 'aud' claim in client_assertion",
    assertion,
    'The audience is not the token endpoint of this environment, as text.',
    'Check `tokenUrl`: no other host, path, port or slash at the end. A proxy that rewrites the host also shows here.',
  ),
  row(
    "Invalid 'kid' header in client_assertion",
    key,
    'The registered key set has no key with this `kid`; the platform keeps a key set for an hour.',
    'Compare `kid` with the registered key set. After publishing a new key, wait for an hour before it signs.',
  ),
  row(
    'JWT signature verification failed in subject_token',
    idToken,
    "The signature of the ID token does not verify with CIS2's keys: it is from another environment, or damaged.",
    'Check that the environments of CIS2 and of the platform belong together.',
  ),
  row(
    'JWT signature verification failed',
    key,
    'The key that the platform has under this `kid` is not the public half of `signingKey`.',
    'Register the public key anew, or give the private key that belongs to it.',
  ),
  row(
    'You need to register a public key',
    key,
    'No public key is registered for this application.',
    "Register the address of its key set with the platform's developer account or support.",
  ),
  row(
    "The JWKS endpoint, for your client_assertion can't be reached",
    key,
    'The platform cannot fetch the registered key set: not public, behind a private certificate authority, or slow.',
    'Open the registered address from outside of your network. It must answer with JSON, without a login.',
  ),
]

/** The ID token, the grant, and what the login is good for. */
const grantTexts: readonly PlatformErrorText[] = [
  row(
    'Malformed JWT in subject_token',
    idToken,
    'The subject token is no JWT.',
    'Give the ID token of the login, not its access token.',
  ),
  row(
    "Missing or non-matching 'iss' claim in subject_token",
    idToken,
    'The ID token is from another environment of CIS2 than this environment of the platform trusts.',
    'Use the CIS2 and platform environments that belong together.',
  ),
  row(
    "Missing 'aud' claim in subject_token",
    idToken,
    'The subject token has no audience: it is no ID token of CIS2.',
    'Give the ID token of the login, not its access token.',
  ),
  row(
    "Missing 'exp' claim in subject_token",
    idToken,
    'The subject token has no expiry: it is no ID token of CIS2.',
    'Give the ID token of the login, not its access token.',
  ),
  row(
    "Invalid 'exp' claim in subject_token",
    idToken,
    'The ID token has expired: it lives for an hour at most.',
    'Exchange it soon after the login. Then the person logs in again.',
  ),
  row(
    "'kid' header in subject_token",
    idToken,
    "The platform has no key of CIS2's with the `kid` of the ID token.",
    'Use the CIS2 and platform environments that belong together; straight after CIS2 changed its keys, try again.',
  ),
  row('Missing subject_token', idToken, 'The form has no subject_token.', builtHere),
  row('invalid subject_token_type', idToken, 'The form has another subject_token_type.', builtHere),
  row(
    'grant_type is',
    'ERR_CIS2_PLATFORM_REFUSED',
    'The platform does not take this grant_type here.',
    'Check that `tokenUrl` is the token endpoint.',
  ),
  row(
    'your application is not configured to use this authorization grant type',
    'ERR_CIS2_PLATFORM_NOT_AUTHORISED',
    'No scope is left: the person logged in at a lower level than the APIs need, or the application has none that is user-restricted.',
    'Ask for AAL3 (`acrValues`), or request access to a user-restricted API in the developer account.',
  ),
  row(
    'client_id or client_secret is invalid',
    client,
    'The API key or the API secret is wrong.',
    'Check `apiKey` and `apiSecret`: each environment has its own.',
  ),
  row(
    'refresh_token is invalid',
    'ERR_CIS2_PLATFORM_REFRESH_REFUSED',
    'The refresh token was used before, or is unknown: each works once.',
    'The person logs in again. Find out what else refreshes these tokens, or lost an answer to a short timeout.',
  ),
  row(
    'refresh token refresh period has expired',
    'ERR_CIS2_PLATFORM_REFRESH_EXPIRED',
    'Twelve hours have passed since the exchange.',
    'The person logs in again.',
  ),
]

/** What APIs of the platform say about roles and people. */
const apiTexts: readonly PlatformErrorText[] = [
  row(
    'multiple roles found in user info',
    undefined,
    'The person has several roles, and the request named none.',
    'Send `NHSD-Session-URID`: buildRoleHeader makes it.',
  ),
  row(
    'no userroles available',
    undefined,
    'The person has no role that the API can see.',
    'Their Registration Authority gives them one.',
  ),
  row(
    'selected_roleid is misconfigured/invalid',
    undefined,
    'The role selected at CIS2 is none of the person’s.',
    'Send `NHSD-Session-URID`, or let the person choose a role again.',
  ),
  row(
    'selected_roleid is missing in your token',
    undefined,
    'No role was selected at CIS2, and the request named none.',
    'Send `NHSD-Session-URID`, or ask for the scope `selectedrole`.',
  ),
  row(
    'nhsid_nrbac_roles is misconfigured/invalid',
    undefined,
    'CIS2 gave the API no list of roles.',
    'Ask for the scope `nationalrbacaccess` at login.',
  ),
  row(
    'NHSD-Session-URID is invalid',
    undefined,
    'The header names a role that is none of the person’s.',
    'Send the id of the selected role: buildRoleHeader does.',
  ),
  row(
    'unable to retrieve user info',
    undefined,
    'The platform could not ask CIS2 about the person. Its UserInfo works with combined authentication only.',
    'Take the person from this login (`getUser`). For an API that answers so, contact its team.',
  ),
]

/** Everything that is known of what the platform says, the more telling texts first. */
export const platformErrorTexts: readonly PlatformErrorText[] = [
  ...assertionTexts,
  ...grantTexts,
  ...apiTexts,
]

function row(text: string, code: Cis2ErrorCode | undefined, cause: string, fix: string): PlatformErrorText {
  return { text, cause, fix, ...(code === undefined ? {} : { code }) }
}
