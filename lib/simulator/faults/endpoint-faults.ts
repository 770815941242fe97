import {
  amount,
  anything,
  choice,
  isObject,
  isOverride,
  isText,
  onOff,
  type FaultDescription,
} from './fault-description.js'
import type { EndpointFaults } from './fault-values.js'

const override = 'object, or a function of the good one'

/** Faults of one endpoint each. */
export const endpointFaults: Readonly<Record<keyof EndpointFaults, FaultDescription>> = {
  discovery: anything(override, isOverride, 'replaces, adds or removes members of the metadata'),
  movedJwksUri: onOff('the metadata names another `jwks_uri`, and the old address is 404'),
  jwks: anything(override, isOverride, 'replaces the key set, or members of it'),
  jwksKeys: choice(
    [
      'none',
      'missing',
      'not-array',
      'malformed-beside-good',
      'without-kid',
      'without-alg',
      'same-kid-other-type',
      'same-kid-other-key',
      'private-members',
      'ten-thousand',
    ],
    'spoils the `keys` of the key set: empty, absent, an object, with broken neighbours, without `kid` or `alg`, with a second key under the same `kid` in front, with the private members, or 10,000 of them',
  ),
  authorize: anything(
    'object of parameters',
    isObject,
    'replaces, adds or removes parameters of the answer to the redirect URI; an array repeats one, `undefined` takes it away',
  ),
  'authorize.error': anything(
    'an error code, or `{ error, error_description?, error_uri? }`',
    (value) => isText(value) || isObject(value),
    'sends the browser back with this error as soon as it arrives',
    'server_error',
  ),
  mixUpMitigation: choice(
    ['sent', 'sent-and-advertised', 'advertised-only'],
    'adds `iss` and `client_id` to the answer to the redirect URI, and says so in the metadata (RFC 9207)',
  ),
  token: anything(override, isOverride, 'replaces, adds or removes members of a successful token response'),
  'token.error': anything(
    'an error code, or `{ error, error_description?, status? }`',
    (value) => isText(value) || isObject(value),
    'refuses every token request with this error, by default with status 400',
    'invalid_client',
  ),
  userInfo: anything(override, isOverride, 'replaces, adds or removes claims of UserInfo, signed or not'),
  platformToken: anything(
    override,
    isOverride,
    "replaces, adds or removes members of a successful token response of the API platform's",
  ),
  'platformToken.error': anything(
    'an error code, or `{ error, error_description?, status? }`',
    (value) => isText(value) || isObject(value),
    'refuses every token request at the API platform with this error, by default with status 400',
    'invalid_request',
  ),
  roleCount: amount('how many', 10_000, "puts this many invented roles instead of the person's own"),
  clock: amount(
    'seconds',
    600,
    "the simulator's clock is fast by this much (negative: slow), in assertions it checks and tokens it signs",
  ),
  clientKeysCache: choice(
    ['as-cis2', 'one-hour', 'none'],
    "`as-cis2` looks for an unknown `kid` in the client's key set at most once a minute; `one-hour` believes its copy for an hour, whatever `kid` comes; `none` fetches the set for every token request",
  ),
}
