import {
  anything,
  choice,
  isFunction,
  isOverride,
  isReplacement,
  isText,
  type FaultDescription,
} from './fault-description.js'
import type { ArtefactFaults } from './fault-values.js'

const override = 'object, or a function of the good one'

/** What can be wrong with a JWT that the simulator signs; applied in the order of this list. */
export const artefactFaults: Readonly<Record<keyof ArtefactFaults, FaultDescription>> = {
  Claims: anything(override, isOverride, 'replaces, adds or removes claims; properly signed'),
  Payload: anything(
    'text, bytes, or a function of the good payload',
    isReplacement,
    'replaces the payload as text, so that it need not be an object, JSON or UTF-8; properly signed',
  ),
  Algorithm: choice(
    [
      'none',
      'None',
      'NONE',
      'nOnE',
      'RS384',
      'RS512',
      'PS256',
      'ES256',
      'HS256-pem',
      'HS256-der',
      'HS256-jwk',
      'HS256-n',
    ],
    'signs with this algorithm and says so in the header: the `none` family has an empty signature, `RS…` and `PS256` use the published key, `ES256` one that is published from then on, `HS256-…` takes that form of the public key as its secret',
  ),
  Key: choice(
    ['unpublished', 'rsa-1024', 'use-enc', 'no-verify', 'embedded-jwk', 'embedded-x5c', 'jku', 'x5u'],
    "signs with another key: one that is in no key set; one that is published from then on but too short, for encryption (`use`), or not for verifying (`key_ops`); or an attacker's, put into the header itself or offered there at the `/elsewhere` address",
  ),
  Header: anything(
    override,
    isOverride,
    'replaces, adds or removes header members (`alg`, `kid`, `typ`, `crit`, `b64` …); signed with that header, by the usual key',
  ),
  Signature: choice(
    ['other-key', 'bit-flipped', 'truncated', 'empty', 'zeros', 'other-token', 'tampered-payload'],
    'spoils the signature, or changes the payload after signing',
  ),
  Serialisation: choice(
    [
      'two-segments',
      'five-segments',
      'json-general',
      'json-flattened',
      'array',
      'byte-order-mark',
      'white-space',
      'padded',
      'spare-bits',
    ],
    'writes the token another way: without its signature part, like a JWE, as JSON, in an array, or in base64url that is not canonical',
  ),
  '': anything(
    'text, or a function of the good token',
    (value) => isText(value) || isFunction(value),
    'replaces the whole token',
  ),
}
