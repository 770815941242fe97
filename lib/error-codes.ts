/**
 * Every code this library can raise, in the order of a person's journey. One code per cause.
 *
 * `kind` chooses what a person reads (see `publicMessages`), `cause` and `help` are for the operator and become
 * `docs/errors.md`.
 */
export const errorCodes = {
  // Start-up and wiring
  ERR_CIS2_CONFIGURATION: row(
    500,
    'setUpWrong',
    'One or more options of `createCis2`, or of the API platform (`exchangeIdToken`, `requestPlatformTokens`), are missing or wrong.',
    'The message lists every problem: correct them all and start again.',
  ),
  ERR_CIS2_MIDDLEWARE_MISSING: row(
    500,
    'setUpWrong',
    'A guard or `getUser` ran on a request that never passed through the middleware: `app.use(cis2.router())` is missing before it.',
    'Add `app.use(cis2.router())` (or `cis2.authenticate()`) before the guarded routes. A router mounted under a path serves only that path: add `app.use(cis2.authenticate())`. With Passport these guards do not apply.',
  ),
  ERR_CIS2_SESSION_MISSING: row(
    500,
    'broken',
    '`req.session` is not there: `app.use(session({ … }))` of express-session is missing, or comes after this library, or has a `cookie.path` that this route is not below.',
    'Add `app.use(session({ … }))` before `app.use(cis2.router())`, and leave `cookie.path` at `/`.',
  ),
  ERR_CIS2_SESSION_UNSUITABLE: row(
    500,
    'broken',
    'The session middleware is not express-session, or its store cannot regenerate a session id (cookie-session cannot).',
    'Use express-session with a server-side store.',
  ),
  ERR_CIS2_TRUST_PROXY: row(
    500,
    'broken',
    'The session cookie is `Secure`, and Express sees the connection as http: without `trust proxy`, the session cookie would never be set.',
    "Behind a proxy that ends TLS, call `app.set('trust proxy', 1)` with the number of proxies in front; express-session's own `proxy` option is not enough. Where `baseUrl` is http, as in development, set the session's `cookie.secure` to false.",
  ),
  ERR_CIS2_KEY_SET: row(
    500,
    'broken',
    'There is no public key to publish.',
    'Check the `jwks` or `signingKey` option. An empty set is never served, because CIS2 would cache it.',
  ),
  ERR_CIS2_UNEXPECTED: row(
    500,
    'broken',
    'Something failed that should not be able to. The `cause` says what.',
    'Please report it with the cause.',
  ),
  ERR_CIS2_PAGE: row(
    500,
    'broken',
    'One of your own functions in `pages` threw or did not return text.',
    'A person saw the built-in page. The event `configuration.warning` with the reference of that page quotes the error of your function.',
  ),
  ERR_CIS2_LISTENER: row(
    500,
    'broken',
    'One of your own listeners of `cis2.events` threw, or returned a promise that rejected.',
    'Nothing changed for the person, but your audit log may lack events. Catch and report errors inside the listener: the event `configuration.warning` names it once.',
  ),

  // Discovery and CIS2's keys
  ERR_CIS2_DISCOVERY_UNAVAILABLE: row(
    503,
    'unavailable',
    'The discovery document could not be fetched.',
    'Check the issuer, DNS, the proxy (`fetch` option) and the firewall. It is tried again with a growing pause.',
  ),
  ERR_CIS2_DISCOVERY_INVALID: row(
    502,
    'unavailable',
    'What came back from the discovery address is not an OpenID provider document, or lacks an endpoint this login needs.',
    'Open the address in a browser: a login page or a 404 means the issuer is wrong.',
  ),
  ERR_CIS2_ISSUER_MISMATCH: row(
    502,
    'unavailable',
    'The discovery document names another issuer than the one configured.',
    'Copy the issuer from the document. Only the default port (`:443`) may differ.',
  ),
  ERR_CIS2_ENDPOINT_REFUSED: row(
    502,
    'unavailable',
    'The discovery document names an endpoint that is not https, or that points into a private network.',
    'Check that the issuer is the real one.',
  ),
  ERR_CIS2_KEYS_UNAVAILABLE: row(
    503,
    'unavailable',
    "CIS2's signing keys could not be fetched.",
    'Check the network path to `jwks_uri`.',
  ),
  ERR_CIS2_KEYS_INVALID: row(
    502,
    'unavailable',
    "CIS2's key set is not a JSON object with usable keys.",
    'Open the `jwks_uri` of the discovery document: a proxy or login page may stand in front of it.',
  ),

  // Every route of ours
  ERR_CIS2_METHOD: row(
    405,
    'notDone',
    'The route does not answer this HTTP method.',
    'The `Allow` header names the methods it answers.',
  ),
  ERR_CIS2_PREFETCH: row(
    503,
    'unavailable',
    'The browser fetched the page ahead of time; nothing was started or consumed.',
    'Nothing to do: the real visit works.',
  ),

  // Starting a login
  ERR_CIS2_LOGIN_NOT_NAVIGATION: row(
    401,
    'loggedOut',
    'The login route was called by a script, an image or an XMLHttpRequest. CIS2 can only be visited by the browser itself.',
    'Set `window.location` to the login URL, or link to it.',
  ),

  // The callback's request
  ERR_CIS2_CALLBACK_PATH: row(
    400,
    'broken',
    'The callback arrived at another path than that of `redirectUri`.',
    'Register and configure one exact redirect URI: case, trailing slash and encoding count.',
  ),
  ERR_CIS2_RESPONSE_MODE: row(
    400,
    'restart',
    'The authorization response came in another way (query or form) than `responseMode` says, or in a body that is no form.',
    'Set `responseMode` to what is registered.',
  ),
  ERR_CIS2_BODY_TOO_LARGE: row(
    413,
    'restart',
    'The posted body is larger than 64 KiB.',
    'No genuine message is that large.',
  ),
  ERR_CIS2_PARAMETER_REPEATED: row(
    400,
    'restart',
    'A parameter of the authorization response is there twice, or as an array.',
    'CIS2 does not do this: somebody changed the address.',
  ),
  ERR_CIS2_PARAMETER_TOO_LONG: row(
    400,
    'restart',
    'A parameter of the authorization response is longer than any genuine one.',
    'CIS2 does not do this: somebody changed the address.',
  ),
  ERR_CIS2_STATE_MISSING: row(
    400,
    'restart',
    'The callback carries no `state`.',
    'Usually a bookmarked or hand-made address.',
  ),
  ERR_CIS2_STATE_UNKNOWN: row(
    400,
    'restart',
    'The `state` was not made by this application.',
    'If it happens to everyone: do all processes share the same `secret`, `clientId` and `redirectUri`?',
  ),
  ERR_CIS2_ATTEMPT_EXPIRED: row(
    400,
    'restart',
    'The login was started more than ten minutes ago; or in the future, because a clock was set back.',
    'The person starts again. If the message names the future: do the clocks of your machines agree?',
  ),
  ERR_CIS2_ATTEMPT_COOKIE_MISSING: row(
    400,
    'restart',
    'The `state` is genuine, but this browser did not bring the cookie of that login attempt.',
    'Does the login start on the same host as `redirectUri` (www, localhost and 127.0.0.1 differ)? Was the link opened in another browser? Are more than 20 logins pending?',
  ),
  ERR_CIS2_ATTEMPT_COOKIE_INVALID: row(
    400,
    'restart',
    "The login attempt's cookie does not open: it was changed, or sealed with another `secret`.",
    'Keep the previous secret second in the `secret` array when you rotate it.',
  ),
  ERR_CIS2_ATTEMPT_USED: row(
    400,
    'restart',
    'This login attempt was completed or refused before (back button, reload, replay).',
    'The person starts again.',
  ),
  ERR_CIS2_RESPONSE_ISSUER_MISSING: row(
    400,
    'restart',
    'CIS2 advertises `iss` in the authorization response, and it is absent (RFC 9207).',
    'Possibly an attempt to mix up providers. Check that `environment` or `issuer` names the CIS2 that people log in at.',
  ),
  ERR_CIS2_RESPONSE_ISSUER_MISMATCH: row(
    400,
    'restart',
    "The `iss` of the authorization response is not the discovery document's issuer, character by character.",
    'Possibly an attempt to mix up providers. Check that `environment` or `issuer` names the CIS2 that people log in at.',
  ),
  ERR_CIS2_CODE_MISSING: row(
    400,
    'restart',
    'The callback carries neither `code` nor `error`.',
    'The person starts again.',
  ),
  ERR_CIS2_CODE_AND_ERROR: row(
    400,
    'restart',
    'The callback carries both `code` and `error`.',
    'CIS2 does not do this: somebody changed the address.',
  ),
  ERR_CIS2_LOGIN_CANCELLED: row(
    400,
    'cancelled',
    'The person cancelled at CIS2, or CIS2 answered `access_denied`.',
    'Expected. The person can try again.',
  ),
  ERR_CIS2_LOGIN_REQUIRED: row(
    400,
    'restart',
    'CIS2 answered that it would have to ask the person (`login_required`, `interaction_required` …).',
    'This library never sends `prompt=none`: look for what changes the address on its way to CIS2.',
  ),
  ERR_CIS2_PROVIDER_ERROR: row(
    503,
    'unavailable',
    'CIS2 sent the person back with `server_error` or `temporarily_unavailable`.',
    'Try again later; see the NHS England service status.',
  ),
  ERR_CIS2_AUTHORIZATION_REFUSED: row(
    400,
    'broken',
    'CIS2 refused the authorization request (for example `invalid_scope`, `unauthorized_client`).',
    "Compare scopes and redirect URI with the client's registration.",
  ),

  // The token request
  ERR_CIS2_SIGNING: row(
    503,
    'unavailable',
    'The client assertion could not be signed, or the signature does not verify with the public key.',
    'Check the remote signer: reachable, the same key, and raw r‖s for ES algorithms.',
  ),
  ERR_CIS2_TOKEN_TIMEOUT: row(
    504,
    'unavailable',
    'The token endpoint did not answer in time.',
    'The code is spent; the person starts again.',
  ),
  ERR_CIS2_TOKEN_UNAVAILABLE: row(
    503,
    'unavailable',
    'The token endpoint could not be reached or answered with a server error.',
    'The code is not sent twice; the person starts again.',
  ),
  ERR_CIS2_TOKEN_RATE_LIMITED: row(
    503,
    'unavailable',
    'The token endpoint answered 429.',
    'Log in again after the time that `Retry-After` names. If it happens often, ask the CIS2 team about the limit.',
  ),
  ERR_CIS2_TOKEN_RESPONSE_INVALID: row(
    502,
    'unavailable',
    "The token endpoint's answer is not a token response.",
    'The message says what is wrong with it. A proxy may have answered in its place.',
  ),
  ERR_CIS2_CLIENT_REFUSED: row(
    502,
    'broken',
    'CIS2 refused the client authentication (`invalid_client`, often "JWT is not valid").',
    'Run `npx express-cis2 doctor`, or see the findings in the event `client_authentication.refused`. Is the key set reachable for CIS2 without a login? Is this `kid` in it? Is `signingAlgorithm` the registered one? Is the clock right?',
  ),
  ERR_CIS2_CODE_REFUSED: row(
    400,
    'restart',
    'CIS2 refused the authorization code (`invalid_grant`).',
    'Expired, used before, or another redirect URI. If it happens to everyone: compare `redirectUri` with the registration.',
  ),
  ERR_CIS2_TOKEN_REFUSED: row(
    502,
    'broken',
    'CIS2 refused the token request with another error.',
    'The message quotes the error. Run `npx express-cis2 doctor`, and compare the settings with the registration.',
  ),

  // The ID token (OpenID Connect Core 1.0, 3.1.3.7)
  ERR_CIS2_ID_TOKEN_MISSING: row(
    400,
    'refused',
    'The token response has no ID token.',
    'Does `scope` contain `openid`?',
  ),
  ERR_CIS2_ID_TOKEN_MALFORMED: row(
    400,
    'refused',
    'The ID token is not a compact JWS with a JSON object in it.',
    'CIS2 sent it, so this application cannot correct it: tell the CIS2 team, with the time and the reference.',
  ),
  ERR_CIS2_ID_TOKEN_ENCRYPTED: row(
    400,
    'refused',
    'The ID token is encrypted.',
    'Ask for ID token encryption to be switched off in the registration.',
  ),
  ERR_CIS2_ID_TOKEN_ALGORITHM: row(
    400,
    'refused',
    'The ID token is signed with another algorithm than `idTokenSigningAlgorithm`.',
    'Set the option to the registered algorithm (RS256 unless you asked for another).',
  ),
  ERR_CIS2_ID_TOKEN_TYPE: row(
    400,
    'refused',
    'The token is of another type (a logout token or access token instead of an ID token).',
    'CIS2 sent it, so this application cannot correct it: tell the CIS2 team, with the time and the reference.',
  ),
  ERR_CIS2_ID_TOKEN_KEY: row(
    400,
    'refused',
    "The key that signed the ID token is not in CIS2's key set.",
    'Possibly a forged token; after a key rotation it mends itself within 30 seconds.',
  ),
  ERR_CIS2_ID_TOKEN_SIGNATURE: row(
    400,
    'refused',
    "The ID token's signature is wrong.",
    'Possibly a forged token. If it happens again, tell your security team.',
  ),
  ERR_CIS2_ID_TOKEN_ISSUER: row(
    400,
    'refused',
    "`iss` is not the discovery document's issuer, character by character.",
    'Check that `environment` or `issuer` names the CIS2 that people log in at. The environments may be mixed up.',
  ),
  ERR_CIS2_ID_TOKEN_AUDIENCE: row(
    400,
    'refused',
    '`aud` is not exactly this client.',
    'The token was made for another client: compare `clientId` with the registration.',
  ),
  ERR_CIS2_ID_TOKEN_AUTHORIZED_PARTY: row(
    400,
    'refused',
    '`azp` is not this client.',
    'The token was made for another client: compare `clientId` with the registration.',
  ),
  ERR_CIS2_ID_TOKEN_EXPIRED: row(
    400,
    'refused',
    '`exp` is missing, not a number, or past.',
    "Compare this machine's clock with CIS2's.",
  ),
  ERR_CIS2_ID_TOKEN_ISSUED_AT: row(
    400,
    'refused',
    '`iat` is missing, not a number, or in the future.',
    "Compare this machine's clock with CIS2's: the message says the drift.",
  ),
  ERR_CIS2_ID_TOKEN_NOT_BEFORE: row(
    400,
    'refused',
    '`nbf` is not a number, or in the future.',
    "Compare this machine's clock with CIS2's.",
  ),
  ERR_CIS2_ID_TOKEN_NONCE: row(
    400,
    'refused',
    '`nonce` is missing or not the one sent.',
    'Possibly an injected code or a replayed token. If it happens again, tell your security team.',
  ),
  ERR_CIS2_ID_TOKEN_SUBJECT: row(
    400,
    'refused',
    '`sub` is missing, not text, empty, over 255 characters or has control characters.',
    'CIS2 sent it, so this application cannot correct it: tell the CIS2 team, with the time and the reference.',
  ),
  ERR_CIS2_ID_TOKEN_AT_HASH: row(
    400,
    'refused',
    '`at_hash` does not belong to the access token.',
    'Possibly a substituted access token. If it happens again, tell your security team.',
  ),
  ERR_CIS2_ID_TOKEN_C_HASH: row(
    400,
    'refused',
    '`c_hash` does not belong to the code.',
    'Possibly an injected code. If it happens again, tell your security team.',
  ),
  ERR_CIS2_AUTH_TIME: row(
    400,
    'refused',
    '`auth_time` is missing, in the future, or too long ago.',
    'The browser may have stripped `prompt=login` or `max_age`; or the clocks differ.',
  ),
  ERR_CIS2_ACR: row(
    403,
    'assurance',
    '`acr` is none of the requested values and does not imply one.',
    'Compare `acrValues` with the registration. The request may also have been changed in the browser.',
  ),
  ERR_CIS2_AUTHENTICATION_ASSURANCE: row(
    403,
    'assurance',
    '`authentication_assurance_level` is missing or below what is required.',
    'Ask for the level with `acrValues`; compare `minimumAuthenticationAssurance`.',
  ),
  ERR_CIS2_IDENTITY_ASSURANCE: row(
    403,
    'assurance',
    'The identity assurance level is missing or below what is required.',
    "Compare `minimumIdentityAssurance`; the person's identity may have to be verified by their Registration Authority.",
  ),

  // UserInfo, and the person it makes
  ERR_CIS2_USERINFO_MISSING: row(
    502,
    'unavailable',
    'The discovery document has no `userinfo_endpoint` while `userInfo` is on.',
    'Set `userInfo: false` when roles are not needed.',
  ),
  ERR_CIS2_USERINFO_TIMEOUT: row(
    504,
    'unavailable',
    'UserInfo did not answer in time.',
    'The person starts again.',
  ),
  ERR_CIS2_USERINFO_UNAVAILABLE: row(
    503,
    'unavailable',
    'UserInfo could not be reached or answered with a server error.',
    'The person starts again.',
  ),
  ERR_CIS2_USERINFO_RATE_LIMITED: row(
    503,
    'unavailable',
    'UserInfo answered 429.',
    'Log in again after the time that `Retry-After` names. If it happens often, ask the CIS2 team about the limit.',
  ),
  ERR_CIS2_USERINFO_REFUSED: row(
    502,
    'broken',
    'UserInfo refused the access token.',
    'Are the scopes granted to this client?',
  ),
  ERR_CIS2_USERINFO_RESPONSE_INVALID: row(
    502,
    'unavailable',
    "UserInfo's answer is not a JSON object of claims, or its signature is wrong.",
    "Is `userInfo: 'signed'` what the client is registered for?",
  ),
  ERR_CIS2_USERINFO_SUBJECT: row(
    400,
    'refused',
    "UserInfo's `sub` is missing or not the ID token's.",
    'Possibly a substituted access token. If it happens again, tell your security team.',
  ),
  ERR_CIS2_USER_INVALID: row(
    502,
    'unavailable',
    "CIS2's claims about the person cannot be read: they are not JSON objects, or a list is longer than 1,000 entries.",
    'CIS2 sent it, so this application cannot correct it: tell the CIS2 team, with the time and the reference.',
  ),

  // Sessions
  ERR_CIS2_SESSION_UNAVAILABLE: row(
    503,
    'unavailable',
    'The session store is disconnected, so nobody can be known.',
    'Check the store (Redis, PostgreSQL).',
  ),
  ERR_CIS2_SESSION_READ: row(
    503,
    'unavailable',
    'The session store failed or was too slow while a session was read.',
    'Check the store.',
  ),
  ERR_CIS2_SESSION_WRITE: row(
    503,
    'unavailable',
    'The session store failed or was too slow while a session was saved: nobody was logged in.',
    'Check the store.',
  ),
  ERR_CIS2_SESSION_DESTROY: row(
    503,
    'stillLoggedIn',
    'The session store failed or was too slow while a session was ended: it may still be alive.',
    'Check the store; the person tries to log out again.',
  ),
  ERR_CIS2_SESSION_EXPIRED: row(
    401,
    'ended',
    'The login has come to its end: nothing was done with it for too long, or it has lasted as long as it may.',
    'Expected. The person logs in again.',
  ),
  ERR_CIS2_LOGIN_ENDED: row(
    401,
    'ended',
    'CIS2 logged the person out before the login was finished, or the same person finished a later one meanwhile and `session.concurrent` is `newest-wins`.',
    'Expected when a smartcard is pulled. The person logs in again.',
  ),

  ERR_CIS2_LOGIN_LOOP: row(
    400,
    'notKept',
    'This browser logged in twice within the last two minutes, and came to log in again without a session.',
    'The session cookie is not kept (`Secure` over http, a wrong `domain` or `path`, `SameSite=Strict`, cookies blocked), or the store loses sessions (its `ttl`, eviction, several processes with a store each).',
  ),
  ERR_CIS2_TOO_MANY_LOGINS: row(
    503,
    'unavailable',
    'Many logins are being finished at the same time: CIS2 does not answer, or answers slowly.',
    'Look for time-outs of the token endpoint in the events. The callback was not used up: reloading it works.',
  ),

  // Back-channel logout
  ERR_CIS2_LOGOUT_TOKEN_MISSING: row(
    400,
    'broken',
    'The request has no `logout_token` in a form body, has it more than once, or is not a form.',
    'CIS2 posts `application/x-www-form-urlencoded`. Anything else is not from CIS2, or something in front has changed it.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_MALFORMED: row(
    400,
    'broken',
    'The logout token is not three base64url parts of JSON objects.',
    'Not from CIS2, or damaged on the way.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_ENCRYPTED: row(
    400,
    'broken',
    'The logout token is encrypted.',
    'Have the client registered for signed logout tokens.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_ALGORITHM: row(
    400,
    'broken',
    'The logout token names another signing algorithm than the pinned one.',
    'Compare with `idTokenSigningAlgorithm` and the registration.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_KEY: row(
    400,
    'broken',
    "No key of CIS2's has the logout token's `kid`.",
    'Possibly forged. After a key rotation a fresh copy of the set has already been fetched.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_SIGNATURE: row(
    400,
    'broken',
    'The signature of the logout token is wrong.',
    'Forged, or signed by another environment.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_TYPE: row(
    400,
    'broken',
    'The token is of another type (`typ`), for instance an access token.',
    'Only a logout token may be posted here.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_ISSUER: row(
    400,
    'broken',
    '`iss` of the logout token is not the issuer.',
    'Possibly another environment; it is compared as text, `:443` included.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_AUDIENCE: row(
    400,
    'broken',
    'The logout token is not for this client alone.',
    'Compare the client id with the registration.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_ISSUED_AT: row(
    400,
    'broken',
    '`iat` of the logout token is missing, in the future or too long ago.',
    'Compare the clocks; an old token may be a replay.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_EXPIRED: row(
    400,
    'broken',
    '`exp` of the logout token has passed or is not a number of seconds.',
    'CIS2 sends a new token when it tries again.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_EVENTS: row(
    400,
    'broken',
    '`events` does not say back-channel logout.',
    'An ID token or another token was posted.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_NONCE: row(
    400,
    'broken',
    'The token has a `nonce`: it is an ID token.',
    'An ID token was posted as a logout token.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_JTI: row(
    400,
    'broken',
    '`jti` of the logout token is missing.',
    'Without it a replay could not be told apart.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_SUBJECT: row(
    400,
    'broken',
    'The logout token names neither a session (`sid`) nor a person (`sub`), or not as text.',
    'Nothing can be ended by it.',
  ),
  ERR_CIS2_LOGOUT_TOKEN_SESSION: row(
    400,
    'broken',
    "`sid` of the logout token is known here as another person's session.",
    'Nothing was ended.',
  ),

  // The API platform
  ERR_CIS2_PLATFORM_UNAVAILABLE: row(
    503,
    'dataUnavailable',
    "The API platform's token endpoint could not be reached, or answered with a server error.",
    'Check the network, the proxy (`fetch` option) and the status page of the platform. Tokens that there are were kept.',
  ),
  ERR_CIS2_PLATFORM_TIMEOUT: row(
    504,
    'dataUnavailable',
    "The API platform's token endpoint did not answer in time.",
    'Give it 15 to 30 seconds (`timeoutMs`). A refresh whose answer was lost may have used the refresh token up: the next one then says `ERR_CIS2_PLATFORM_REFRESH_REFUSED`, and the person logs in again.',
  ),
  ERR_CIS2_PLATFORM_RATE_LIMITED: row(
    503,
    'dataUnavailable',
    'The API platform limits how often tokens may be asked for.',
    'Wait for `retryAfterSeconds`. Each login needs one exchange and a refresh every ten minutes.',
  ),
  ERR_CIS2_PLATFORM_BUSY: row(
    503,
    'dataUnavailable',
    'Another process is getting the tokens of this login, and did not finish in time.',
    'Try again. If it lasts, that process died while it had the lock, which ends by itself soon after `timeoutMs`.',
  ),
  ERR_CIS2_PLATFORM_RESPONSE_INVALID: row(
    502,
    'dataUnavailable',
    "The answer of the API platform's token endpoint is no token response.",
    'Check `tokenUrl`: a redirect, a page or an answer that is too large comes from something in front of it.',
  ),
  ERR_CIS2_PLATFORM_ASSERTION_REFUSED: row(
    502,
    'dataUnavailable',
    'The API platform refused the client assertion: its header, its claims or its form.',
    'The message says which, and what to do about it.',
  ),
  ERR_CIS2_PLATFORM_KEY_REFUSED: row(
    502,
    'dataUnavailable',
    'The API platform could not check the client assertion with the public key that is registered there.',
    'Check `signingKey` and `kid` against the key set registered with the platform. It keeps a key set for an hour.',
  ),
  ERR_CIS2_PLATFORM_CLIENT_REFUSED: row(
    502,
    'dataUnavailable',
    'The API platform does not know the API key, or refused the API secret.',
    'Check `apiKey` and `apiSecret`: each environment of the platform has its own.',
  ),
  ERR_CIS2_PLATFORM_ID_TOKEN_REFUSED: row(
    502,
    'dataUnavailable',
    'The API platform refused the ID token.',
    'Usually it is from another environment of CIS2 than this environment of the platform trusts. The message says more.',
  ),
  ERR_CIS2_PLATFORM_ID_TOKEN_EXPIRED: row(
    401,
    'platformEnded',
    'There are no API platform tokens for this login, and its ID token has expired, so that it can no longer be exchanged.',
    'The person logs in again. Call `exchangeIdToken` soon after the login, and give `apiSecret` so that tokens can be refreshed.',
  ),
  ERR_CIS2_PLATFORM_NOT_AUTHORISED: row(
    403,
    'platformNotAllowed',
    "The API platform gives this application no scope for this person's login.",
    'Either the person logged in at too low a level (many APIs need AAL3: `acrValues`), or the application has no access to a user-restricted API.',
  ),
  ERR_CIS2_PLATFORM_REFUSED: row(
    502,
    'dataUnavailable',
    'The API platform refused the token request with an error that this library does not know.',
    'The message quotes it: ask the support of the API platform about it.',
  ),
  ERR_CIS2_PLATFORM_REFRESH_REFUSED: row(
    401,
    'platformEnded',
    'The API platform refused the refresh token: it was used before, or withdrawn. The API platform tokens of this login have ended.',
    'The person logs in again. If it comes often, something else refreshes the same tokens, or answers are lost to a short timeout.',
  ),
  ERR_CIS2_PLATFORM_REFRESH_EXPIRED: row(
    401,
    'platformEnded',
    'The API platform tokens of this login can no longer be refreshed: that ends twelve hours after the exchange.',
    'The person logs in again.',
  ),
  ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN: row(
    403,
    'roleNotChosen',
    'The person has several roles, and none of them is selected: which one to name in `NHSD-Session-URID` is not known.',
    'Let the person choose a role first (scope `selectedrole`, or in the application).',
  ),
  ERR_CIS2_PLATFORM_ROLE_MISSING: row(
    403,
    'noRole',
    'The person has no role that could be named in `NHSD-Session-URID`.',
    'Their Registration Authority gives them one. Without the scope `nationalrbacaccess` CIS2 sends no roles.',
  ),

  // Access
  ERR_CIS2_NOT_LOGGED_IN: row(
    401,
    'loggedOut',
    'The route needs a person who is logged in.',
    'Put `requireLogin()` before the handler; a script sends the browser to `loginUrl`.',
  ),
  ERR_CIS2_CROSS_SITE: row(
    403,
    'notDone',
    "A request that changes something did not come from this application's own pages.",
    'Post from a page of the same origin as `baseUrl`; `Sec-Fetch-Site` or `Origin` must say so.',
  ),
  ERR_CIS2_ACCESS_DENIED: row(
    403,
    'denied',
    'The person is logged in and not allowed here.',
    'Expected where a guard says no.',
  ),
  ERR_CIS2_ROLE_NONE: row(
    403,
    'noRole',
    'The guard looks at the role, and the person has none.',
    'Expected for some people: a Registration Authority gives them a role. If it happens to everyone: does `scope` contain `nationalrbacaccess`, and is `userInfo` on?',
  ),
  ERR_CIS2_ROLE_NOT_CHOSEN: row(
    403,
    'roleNotChosen',
    'The guard looks at the role, and the person has several and has chosen none.',
    'Send the person to the role route, or let CIS2 ask with `role.choose`.',
  ),
  ERR_CIS2_ROLE_UNKNOWN: row(
    403,
    'roleNotChosen',
    "The chosen role (`selected_roleid`) is not among the person's roles.",
    'The role may have been taken away meanwhile. The person chooses again.',
  ),
  ERR_CIS2_ROLE_STALE: row(
    401,
    'stepUpAge',
    "The person's roles were read longer ago than `role.maximumAgeMinutes` allows, and the request is no page navigation that could go to CIS2.",
    'Send the browser to a page behind the same guard, or to the `loginUrl` of the answer: it goes to CIS2 and comes back.',
  ),
  ERR_CIS2_ROLE_WRONG: row(
    403,
    'deniedByRole',
    "The chosen role is none of those that `requireRole` names; the person's other roles do not count.",
    'Expected. Compare the job role (`R8000`) or the whole code (`S8000:G8000:R8000`).',
  ),
  ERR_CIS2_ACTIVITY_MISSING: row(
    403,
    'deniedByRole',
    'The chosen role has none of the activities that `requireActivity` names.',
    'Expected. docs/roles.md says which activities stand for which.',
  ),
  ERR_CIS2_ORGANISATION_WRONG: row(
    403,
    'deniedOrganisation',
    'The chosen role is at none of the organisations that `requireOrganisation` names.',
    'Expected. Compare the ODS code of the role.',
  ),
  ERR_CIS2_WORKGROUP_MISSING: row(
    403,
    'deniedWorkgroup',
    'The chosen role has none of the workgroups that `requireWorkgroup` names.',
    'Expected. Compare names or codes of the workgroups.',
  ),
  ERR_CIS2_ASSURANCE_TOO_LOW: row(
    401,
    'stepUp',
    'The login is weaker, or longer ago, than `requireAssurance` demands, and the request is no page navigation that could go to CIS2.',
    'Send the browser to a page behind the same guard: it goes to CIS2 and comes back.',
  ),
  ERR_CIS2_GUARD: row(
    500,
    'setUpWrong',
    'A guard was made with nothing to compare, or with something that is no code, rule or guard; or a guard or route was given to Express without being called.',
    'The message names the guard. It is thrown where the guard is made, as the application starts.',
  ),

  // Choosing a role
  ERR_CIS2_ROLE_MISSING: row(
    400,
    'roleNotChosen',
    'The request has no `roleId` as one text in a form or JSON body.',
    'Post `roleId=…` as a form, or `{ "roleId": "…" }` as JSON.',
  ),
  ERR_CIS2_ROLE_NOT_OWN: row(
    400,
    'roleNotOwn',
    "The `roleId` is not the `person_roleid` of one of the person's roles.",
    'Take the ids from `user.roles`. Nothing was changed.',
  ),

  // Stepping up
  ERR_CIS2_STEP_UP_CANCELLED: row(
    403,
    'stepUpFailed',
    'The person was asked for a stronger or newer login and cancelled, or CIS2 did not let them.',
    'Expected. They are still logged in as before.',
  ),
  ERR_CIS2_STEP_UP_TOO_LOW: row(
    403,
    'stepUpFailed',
    'The person was asked for a stronger or newer login, and what came back is not that.',
    'Expected when they have no stronger authenticator. They are still logged in as before.',
  ),
  ERR_CIS2_STEP_UP_OTHER_PERSON: row(
    403,
    'stepUpOtherPerson',
    'The person was asked for a stronger or newer login, and another person came back.',
    'The first person is still logged in. To change places they log out first.',
  ),
} as const satisfies Record<`ERR_CIS2_${string}`, ErrorCodeRow>

/** A stable name for one cause of failure; each has a section in `docs/errors.md`. */
export type Cis2ErrorCode = keyof typeof errorCodes

/** Nothing was tried: no event is raised, and a reference would lead nowhere. */
export const withoutEvent: ReadonlySet<Cis2ErrorCode> = new Set(['ERR_CIS2_METHOD', 'ERR_CIS2_PREFETCH'])

/** What a person may read, by kind of failure. Plain English, with nothing in it that helps an attacker. */
export const publicMessages = {
  broken: {
    title: 'There is a problem with this service',
    message: 'We cannot log you in at the moment. Contact your IT service desk.',
  },
  setUpWrong: {
    title: 'There is a problem with this service',
    message: 'This service is not set up correctly. Contact your IT service desk.',
  },
  notDone: {
    title: 'We could not do that',
    message: 'Go back, load the page again and try once more.',
  },
  cancelled: {
    title: 'You did not log in',
    message: 'You cancelled, or the Care Identity Service did not let you continue. You can try again.',
  },
  cancelledLoggedIn: { title: 'You cancelled', message: 'You are still logged in as before.' },
  unavailable: {
    title: 'You cannot log in at the moment',
    message:
      'The Care Identity Service is not answering, or this service has a problem. Try again in a few minutes.',
  },
  ended: {
    title: 'Your session has ended',
    message:
      'You have been logged out to protect the information on this computer. Log in again to continue.',
  },
  restart: {
    title: 'You need to log in again',
    message: 'Your login took too long, was already used, or was started in another browser or tab.',
  },
  refused: {
    title: 'We could not log you in',
    message:
      'We could not check the answer from the Care Identity Service. Try again. If it keeps happening, contact your IT service desk.',
  },
  assurance: {
    title: 'You need to log in another way',
    message:
      'This service needs a stronger way of logging in, or a more thorough identity check, than the one you used. Try another way, such as your smartcard or security key, or contact your Registration Authority.',
  },
  loggedOut: { title: 'You need to log in', message: 'Log in with your Care Identity to see this page.' },
  platformEnded: {
    title: 'You need to log in again',
    message:
      'Your access to national NHS services has ended. Log in again with your Care Identity to see this page.',
  },
  dataUnavailable: {
    title: 'There is a problem with this service',
    message:
      'We cannot reach a national NHS service at the moment. Try again in a few minutes. If it keeps happening, contact your IT service desk.',
  },
  platformNotAllowed: {
    title: 'You cannot use a national NHS service',
    message:
      'Your login, or this service, is not allowed to use a national NHS service. Log in with your smartcard or security key, or contact your IT service desk.',
  },
  denied: { title: 'You cannot see this page', message: 'You are not allowed to see this page.' },
  deniedByRole: {
    title: 'You cannot see this page',
    message: 'Your role does not allow you to see this page.',
  },
  deniedWorkgroup: {
    title: 'You cannot see this page',
    message: 'You are not in a workgroup that can see this page.',
  },
  deniedOrganisation: {
    title: 'You cannot see this page',
    message: 'People who work for your organisation cannot see this page.',
  },
  noRole: {
    title: 'You do not have a role',
    message:
      'You need a role in your Care Identity to see this page. Ask your Registration Authority to give you one, then log out and log in again.',
  },
  roleNotChosen: {
    title: 'Choose your role',
    message: 'You need to choose the role you are working in to see this page.',
  },
  roleNotOwn: { title: 'You cannot use that role', message: 'Choose one of your own roles.' },
  stepUp: {
    title: 'You need to log in again to do this',
    message: 'Nothing was changed or sent. Log in with your smartcard or security key, then try again.',
  },
  stepUpAge: {
    title: 'You need to log in again to do this',
    message:
      'You need to log in again to see this page, because you logged in some time ago. Nothing was changed or sent.',
  },
  stepUpFailed: {
    title: 'You cannot see this page yet',
    message:
      'You need to log in again with a stronger method, such as your smartcard or security key, to see this page. You are still logged in as before.',
  },
  stepUpAgeFailed: {
    title: 'You cannot see this page yet',
    message:
      'You need to log in again to see this page, because you logged in some time ago. You are still logged in as before.',
  },
  stepUpOtherPerson: {
    title: 'You logged in as somebody else',
    message:
      'The person who is using this service has to log in again to see this page. If you want to use the service yourself, log out first.',
  },
  notKept: {
    title: 'Your login was not kept',
    message:
      'You logged in, but your browser or this service did not keep it. Check that your browser allows cookies, then try again. If it keeps happening, contact your IT service desk.',
  },
  stillLoggedIn: {
    title: 'You may still be logged in',
    message:
      'We could not log you out. Close your browser, then try again. If you are on a shared computer, tell your IT service desk.',
  },
} as const

/** Which words a person reads about a failure. */
export type PublicMessageKind = keyof typeof publicMessages

interface ErrorCodeRow {
  readonly status: number
  readonly kind: PublicMessageKind
  readonly cause: string
  readonly help: string
}

function row(status: number, kind: PublicMessageKind, cause: string, help: string): ErrorCodeRow {
  return { status, kind, cause, help }
}
