import { hash } from 'node:crypto'
import { ConfigurationError } from '../errors.js'
import type { Store } from 'express-session'
import type { ErrorPageContext, LoggedOutPageContext, SessionEndedPageContext } from '../error-page.js'
import type { Page } from '../send-page.js'
import { parseKeySet, type KeySet } from '../keys/key-set.js'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import type { SigningKeyInput } from '../keys/signing-key.js'
import { present } from '../present.js'
import { OptionReader } from './option-reader.js'
import type { Cis2Options } from './options.js'
import { parseAddresses, type Addresses } from './addresses.js'
import { parseAuthorizationOptions, type AuthorizationConfig } from './authorization-options.js'
import { parseSecrets } from './secrets.js'
import { checkConfig, type ConfigWarning } from './warnings.js'

/** The options, complete and checked. Nothing in it is read from the request, and nothing changes. */
export interface Config extends Addresses, AuthorizationConfig {
  readonly clientId: string
  /** Tells the logins of this client at this provider from all others in a session. */
  readonly clientTag: string
  readonly keys: KeySet
  readonly signingAlgorithm: SigningAlgorithm
  readonly clientAssertionAudience: string
  readonly clientAssertionLifetimeSeconds: number
  readonly secrets: readonly string[]
  readonly userInfo: boolean | 'signed'
  readonly idTokenSigningAlgorithm: SigningAlgorithm
  readonly clockToleranceSeconds: number
  readonly idleTimeoutSeconds: number
  readonly absoluteTimeoutSeconds: number
  readonly carryOver: readonly string[]
  readonly isNewestOnly: boolean
  readonly pollingPaths: readonly string[]
  readonly logsOutAtProvider: boolean
  readonly clearsSiteData: boolean
  readonly backChannelLogout: boolean
  readonly recordStore: Store | undefined
  readonly requestMs: number
  readonly fetch?: typeof globalThis.fetch
  readonly pages: {
    readonly error?: Page<ErrorPageContext>
    readonly loggedOut?: Page<LoggedOutPageContext>
    readonly sessionEnded?: Page<SessionEndedPageContext>
  }
  readonly errors: 'respond' | 'next'
  readonly passportStyle: boolean
  readonly warnings: readonly ConfigWarning[]
}

/**
 * Options → frozen configuration.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` with every problem at once
 */
export function parseConfig(options: Cis2Options): Config {
  const reader = new OptionReader(options)
  refuseWhatIsNotYetThere(reader)
  const addresses = parseAddresses(reader)
  const signingAlgorithm = parseAlgorithm(reader, 'signingAlgorithm', 'RS512')
  const keys = parseKeys(reader, signingAlgorithm)
  const clientId = reader.requiredText('clientId')
  if (clientId !== undefined && /[\s\p{Cc}]/u.test(clientId))
    reader.report('clientId', 'has spaces or control characters in it')
  const session = parseSessionOptions(reader.nested('session'))
  const logout = reader.nested('logout')
  const pages = reader.nested('pages')
  const parsed = {
    ...addresses,
    ...parseAuthorizationOptions(reader, addresses?.isSecure ?? true),
    clientId: clientId ?? '',
    clientTag: hash('sha256', JSON.stringify([addresses?.issuer, clientId]), 'base64url').slice(0, 16),
    signingAlgorithm,
    clientAssertionAudience: reader.text('clientAssertionAudience') ?? 'token_endpoint',
    clientAssertionLifetimeSeconds: reader.number('clientAssertionLifetimeSeconds', 60, {
      above: 0,
      atMost: 300,
      unit: 'seconds',
    }),
    secrets: parseSecrets(reader),
    userInfo: reader.oneOf('userInfo', [true, false, 'signed'], true),
    idTokenSigningAlgorithm: parseAlgorithm(reader, 'idTokenSigningAlgorithm', 'RS256'),
    clockToleranceSeconds: reader.number('clockToleranceSeconds', 10, {
      atLeast: 0,
      atMost: 60,
      unit: 'seconds',
    }),
    ...session,
    logsOutAtProvider: logout.boolean('provider', false),
    clearsSiteData: logout.boolean('clearSiteData', false),
    backChannelLogout: reader.boolean('backChannelLogout', true),
    recordStore: parseStore(reader),
    requestMs: reader.nested('timeouts').number('requestMs', 10_000, { above: 0, unit: 'milliseconds' }),
    ...present({ fetch: reader.callback<typeof globalThis.fetch>('fetch') }),
    pages: Object.freeze(
      present({
        error: pages.callback<Page<ErrorPageContext>>('error'),
        loggedOut: pages.callback<Page<LoggedOutPageContext>>('loggedOut'),
        sessionEnded: pages.callback<Page<SessionEndedPageContext>>('sessionEnded'),
      }),
    ),
    errors: reader.oneOf('errors', ['respond', 'next'], 'respond'),
    passportStyle: reader.boolean('passportStyle', true),
  }
  if (reader.problems.length > 0 || addresses === undefined || keys === undefined)
    throw new ConfigurationError(reader.problems)
  const config = { ...parsed, ...addresses, keys }
  return Object.freeze({ ...config, warnings: checkConfig(config) })
}

function parseKeys(reader: OptionReader, signingAlgorithm: SigningAlgorithm): KeySet | undefined {
  const jwks = reader.raw('jwks')
  const signingKey = reader.raw('signingKey')
  if (jwks === undefined && signingKey === undefined) {
    reader.report('jwks', 'is missing: give a private JWK set, or one key as `signingKey`')
    return undefined
  }
  if (jwks !== undefined && signingKey !== undefined) {
    reader.report('signingKey', 'is given as well as `jwks`: give one of them')
    return undefined
  }
  // parseSigningKey checks every form itself and names what it finds.
  const input = jwks === undefined ? { signingKey: signingKey as SigningKeyInput } : { jwks }
  return parseKeySet(input, signingAlgorithm, (option, message) => reader.problems.push({ option, message }))
}

function parseAlgorithm(reader: OptionReader, name: string, fallback: SigningAlgorithm): SigningAlgorithm {
  const algorithm = reader.text(name) ?? fallback
  if (isSigningAlgorithm(algorithm)) return algorithm
  reader.report(name, `must be one of ${signingAlgorithms.join(', ')}`)
  return fallback
}

function parseSessionOptions(
  reader: OptionReader,
): Pick<
  Config,
  'idleTimeoutSeconds' | 'absoluteTimeoutSeconds' | 'carryOver' | 'isNewestOnly' | 'pollingPaths'
> {
  const idleTimeoutMinutes = reader.number('idleTimeoutMinutes', 15, { above: 0, unit: 'minutes' })
  const absoluteTimeoutHours = reader.number('absoluteTimeoutHours', 12, { above: 0, unit: 'hours' })
  if (idleTimeoutMinutes > absoluteTimeoutHours * 60)
    reader.report('idleTimeoutMinutes', 'is longer than `session.absoluteTimeoutHours`')
  const carryOver = reader.texts('carryOver')
  const reserved = carryOver.filter((key) => key === 'cis2' || key === 'cookie' || key in Object.prototype)
  if (reserved.length > 0)
    reader.report('carryOver', 'names a key that belongs to express-session or this library')
  return {
    idleTimeoutSeconds: idleTimeoutMinutes * 60,
    absoluteTimeoutSeconds: absoluteTimeoutHours * 3600,
    carryOver,
    isNewestOnly: reader.oneOf('concurrent', ['allow', 'newest-wins'], 'allow') === 'newest-wins',
    pollingPaths: parsePollingPaths(reader),
  }
}

function parsePollingPaths(reader: OptionReader): readonly string[] {
  const paths = reader.texts('pollingPaths')
  if (!paths.every((path) => path.startsWith('/')))
    reader.report('pollingPaths', 'must be paths such as /api/messages or /api/*')
  return paths
}

function parseStore(reader: OptionReader): Store | undefined {
  const store = reader.raw('store')
  if (store === undefined) return undefined
  const isStore =
    typeof store === 'object' &&
    store !== null &&
    ['get', 'set', 'destroy'].every((name) => typeof Reflect.get(store, name) === 'function')
  if (!isStore) reader.report('store', 'must be an express-session store, with get, set and destroy')
  // What the three do shows when they are called.
  return isStore ? (store as Store) : undefined
}

function refuseWhatIsNotYetThere(reader: OptionReader): void {
  reader.nested('pages').notYet('chooseRole')
  reader.nested('routes').notYet('role')
}
