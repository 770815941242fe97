import { OptionReader } from '../config/option-reader.js'
import { isLoopbackHost } from '../config/urls.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import type { PrivateJwks } from '../keys/private-jwk.js'
import type { SigningKey, SigningKeyInput } from '../keys/signing-key.js'
import { present } from '../present.js'
import { platformEnvironments, type PlatformEnvironment } from './platform-environments.js'
import { parsePlatformKey } from './platform-key.js'

/**
 * What the API platform knows this application by. None of it is CIS2's: the platform has a registration of its own,
 * with another key.
 */
export interface PlatformOptions {
  /** Which platform: the preset knows its token endpoint. Exactly one of `environment` and `tokenUrl`. */
  environment?: PlatformEnvironment
  /** Another token endpoint, such as the simulator's; also the assertion's audience, byte for byte. */
  tokenUrl?: string
  /** The application's API key: `iss` and `sub` of the assertion, and the `client_id` of a refresh. */
  apiKey: string
  /** The application's API secret, which refreshing needs. @default none: tokens are exchanged anew while the ID token lives */
  apiSecret?: string
  /**
   * The private RSA key whose public half is registered with the platform: PEM, JWK, a JWK set
   * of this one key (as `keygen` writes it), `KeyObject`, or a `RemoteSigner`.
   */
  signingKey: SigningKeyInput | PrivateJwks
  /** The key's name in the registered key set. @default the JWK's own, else its RFC 7638 thumbprint */
  kid?: string
  /** How long an assertion is valid, in seconds; at most 300. @default 60 */
  assertionLifetimeSeconds?: number
  /** How long a call to the platform may take, in milliseconds; from 1,000 to 60,000, and 15,000 to 30,000 are advised. @default 20000 */
  timeoutMs?: number
  /** Used for calls to the platform. @default the `fetch` of `createCis2`, else Node's own HTTP client */
  fetch?: typeof globalThis.fetch
}

/** The same, complete and checked. */
export interface PlatformConfig {
  readonly tokenUrl: string
  readonly apiKey: string
  readonly apiSecret?: string
  readonly signingKey: Pick<SigningKey, 'kid' | 'algorithm' | 'sign'>
  readonly assertionLifetimeSeconds: number
  readonly timeoutMs: number
  readonly fetch?: typeof globalThis.fetch
}

const names = [
  'environment',
  'tokenUrl',
  'apiKey',
  'apiSecret',
  'signingKey',
  'kid',
  'assertionLifetimeSeconds',
  'timeoutMs',
  'fetch',
] as const satisfies readonly (keyof PlatformOptions)[]

const mostKept = 8
const kept: { readonly members: readonly unknown[]; readonly config: PlatformConfig }[] = []

/**
 * Options → configuration; the same options are read once, and their key proved once.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` with every problem at once, and nothing secret in it
 */
export function parsePlatformOptions(options: PlatformOptions): PlatformConfig {
  const reader = new OptionReader(options, names)
  const members = names.map((name) => reader.raw(name))
  const known = kept.find((each) => each.members.every((member, index) => member === members[index]))
  if (known !== undefined && reader.problems.length === 0) return known.config
  const config = parse(reader)
  kept.push({ members, config })
  if (kept.length > mostKept) kept.shift()
  return config
}

/** The options of the API platform are not those of `createCis2`, and the message says so. */
export function platformOptionsError(problems: readonly ConfigurationProblem[]): ConfigurationError {
  return new ConfigurationError(problems, "the API platform's options")
}

function parse(reader: OptionReader): PlatformConfig {
  const tokenUrl = parseTokenUrl(reader)
  const apiKey = reader.requiredText('apiKey')
  const apiSecret = reader.text('apiSecret')
  const signingKey = parsePlatformKey(reader)
  const config = {
    assertionLifetimeSeconds: reader.number('assertionLifetimeSeconds', 60, {
      above: 0,
      atMost: 300,
      unit: 'seconds',
    }),
    timeoutMs: reader.number('timeoutMs', 20_000, { atLeast: 1000, atMost: 60_000, unit: 'milliseconds' }),
    ...present({ apiSecret, fetch: reader.callback<typeof globalThis.fetch>('fetch') }),
  }
  if (
    tokenUrl === undefined ||
    apiKey === undefined ||
    signingKey === undefined ||
    reader.problems.length > 0
  )
    throw platformOptionsError(reader.problems)
  return Object.freeze({ tokenUrl, apiKey, signingKey, ...config })
}

function parseTokenUrl(reader: OptionReader): string | undefined {
  const hasEnvironment = reader.raw('environment') !== undefined
  if (hasEnvironment === (reader.raw('tokenUrl') !== undefined)) {
    reader.report(
      'environment',
      hasEnvironment
        ? 'is given as well as `tokenUrl`: give one of them'
        : 'is missing: give `environment` or `tokenUrl`',
    )
    return undefined
  }
  if (hasEnvironment) {
    const environments = Object.keys(platformEnvironments) as PlatformEnvironment[]
    return platformEnvironments[reader.oneOf('environment', environments, 'integration')]
  }
  const tokenUrl = reader.text('tokenUrl')
  if (tokenUrl === undefined) return undefined
  if (isTokenUrl(tokenUrl)) return tokenUrl
  reader.report(
    'tokenUrl',
    'must be an https address without user name, query and fragment (http only on localhost, 127.0.0.1 and [::1])',
  )
  return undefined
}

function isTokenUrl(text: string): boolean {
  // The text itself is sent as audience: what `URL` would mend or leave out is refused.
  if (/[\s\p{Cc}\\?#]/u.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
  return isSafe && username === '' && password === ''
}
