/**
 * The endpoints of CIS2 that a relying party or a browser calls, and the two of the API platform; the first half of a
 * transport fault's name.
 */
export type Endpoint =
  'discovery' | 'jwks' | 'authorize' | 'token' | 'userInfo' | 'endSession' | 'platformToken' | 'platformApi'

/**
 * How a JSON object differs from what the simulator would say. An object replaces member by member: `undefined` takes
 * the member away, `null` is said as JSON `null`. A function gets a copy and returns what to say, an object or not.
 */
export type Override = Readonly<Record<string, unknown>> | ((answer: Record<string, unknown>) => unknown)

/** Text that replaces, or a function from what the simulator would send to what it sends. */
export type Replacement = string | Uint8Array | ((good: string) => string | Uint8Array)

/**
 * What can happen to the bytes of any endpoint's answer: `setFault('token.hang')`.
 */
export interface TransportFaults {
  hang: true
  /** Milliseconds. */
  delay: number
  /** Milliseconds between two bytes. */
  drip: number
  reset: 'mid-body' | 'at-once'
  status: number | { status: number; headers?: Readonly<Record<string, string>>; body?: string }
  headers: Readonly<Record<string, string | undefined>>
  body: Replacement
  html: true
  truncate: true
  gzip: 'truncated' | 'bomb' | 'good'
  /** Bytes; `Infinity` never ends. */
  huge: number
  redirect: number | { status?: number; location: string }
}

/** The three JWTs that the simulator signs; the first half of a signed artefact's fault name. */
export type Artefact = 'idToken' | 'logoutToken' | 'signedUserInfo'

/**
 * What can be wrong with a JWT that the simulator signs: `setFault('idTokenSignature', 'bit-flipped')`.
 * The empty name stands for the whole: `setFault('idToken', 'not.a.token')`.
 */
export interface ArtefactFaults {
  '': string | ((token: string) => unknown)
  Claims: Override
  Header: Override
  Payload: Replacement
  Algorithm:
    | 'none'
    | 'None'
    | 'NONE'
    | 'nOnE'
    | 'RS384'
    | 'RS512'
    | 'PS256'
    | 'ES256'
    | 'HS256-pem'
    | 'HS256-der'
    | 'HS256-jwk'
    | 'HS256-n'
  Key: 'unpublished' | 'rsa-1024' | 'use-enc' | 'no-verify' | 'embedded-jwk' | 'embedded-x5c' | 'jku' | 'x5u'
  Signature:
    'other-key' | 'bit-flipped' | 'truncated' | 'empty' | 'zeros' | 'other-token' | 'tampered-payload'
  Serialisation:
    | 'two-segments'
    | 'five-segments'
    | 'json-general'
    | 'json-flattened'
    | 'array'
    | 'byte-order-mark'
    | 'white-space'
    | 'padded'
    | 'spare-bits'
}

/** Faults of one endpoint each. A bare endpoint name overrides what that endpoint answers. */
export interface EndpointFaults {
  discovery: Override
  movedJwksUri: true
  jwks: Override
  jwksKeys:
    | 'none'
    | 'missing'
    | 'not-array'
    | 'malformed-beside-good'
    | 'without-kid'
    | 'without-alg'
    | 'same-kid-other-type'
    | 'same-kid-other-key'
    | 'private-members'
    | 'ten-thousand'
  authorize: Readonly<Record<string, string | readonly string[] | undefined>>
  'authorize.error': string | { error: string; error_description?: string; error_uri?: string }
  mixUpMitigation: 'sent' | 'sent-and-advertised' | 'advertised-only'
  token: Override
  'token.error': string | { error: string; error_description?: string; status?: number }
  userInfo: Override
  platformToken: Override
  'platformToken.error': string | { error: string; error_description?: string; status?: number }
  /** How many invented roles replace the person's own. */
  roleCount: number
  /** Seconds by which the provider's clock is fast; negative is slow. */
  clock: number
  clientKeysCache: 'as-cis2' | 'one-hour' | 'none'
}

type OfEndpoint = { [K in keyof TransportFaults as `${Endpoint}.${K}`]: TransportFaults[K] }
type OfArtefact = { [K in keyof ArtefactFaults as `${Artefact}${K}`]: ArtefactFaults[K] }

/**
 * Every fault's name with the type of its value.
 */
export interface FaultValues extends EndpointFaults, OfEndpoint, OfArtefact {}

/**
 * The name of a fault, for `setFault()`.
 */
export type FaultName = keyof FaultValues
