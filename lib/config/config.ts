import { hash } from 'node:crypto'
import { ConfigurationError } from '../errors.js'
import type { Store } from 'express-session'
import type { ErrorPageContext, SessionEndedPageContext } from '../error-page.js'
import type { Page } from '../send-page.js'
import type { ChooseRolePageContext, LoggedOutPageContext } from './page-contexts.js'
import type { KeySet } from '../keys/key-set.js'
import type { JwksSource } from '../keys/key-source.js'
import { checkKeySet } from '../keys/key-warnings.js'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import { present } from '../present.js'
import type { SettingWarning } from '../setting-warnings.js'
import { parseKeyOptions } from './key-options.js'
import { OptionReader } from './option-reader.js'
import { unreadableProblem } from './own-members.js'
import type { Cis2Options } from './options.js'
import { parseAddresses, type Addresses } from './addresses.js'
import { parseAuthorizationOptions, type AuthorizationConfig } from './authorization-options.js'
import { parseSecrets } from './secrets.js'
import { checkConfig } from './warnings.js'

/** The options, complete and checked. Nothing in it is read from the request, and nothing changes. */
export interface Config extends Addresses, AuthorizationConfig {
  readonly clientId: string
  /** Tells the logins of this client at this provider from all others in a session. */
  readonly clientTag: string
  readonly keys: KeySet
  /** Where newer keys come from, when the option is a function. */
  readonly keySource: JwksSource | undefined
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
    readonly chooseRole?: Page<ChooseRolePageContext>
  }
  readonly errors: 'respond' | 'next'
  readonly passportStyle: boolean
  readonly warnings: readonly SettingWarning[]
}

/**
 * Options → frozen configuration.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` with every problem at once
 */
export function parseConfig(options: Cis2Options): Config {
  const reader = new OptionReader(options)
  const addresses = parseAddresses(reader)
  const signingAlgorithm = parseAlgorithm(reader, 'signingAlgorithm', 'RS512')
  const { keys, keySource } = parseKeyOptions(reader, signingAlgorithm)
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
    keySource,
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
        chooseRole: pages.callback<Page<ChooseRolePageContext>>('chooseRole'),
      }),
    ),
    errors: reader.oneOf('errors', ['respond', 'next'], 'respond'),
    passportStyle: reader.boolean('passportStyle', true),
  }
  if (reader.problems.length > 0 || addresses === undefined || keys === undefined)
    throw new ConfigurationError(reader.problems)
  const config = { ...parsed, ...addresses, keys }
  return Object.freeze({ ...config, warnings: [...checkConfig(config), ...checkKeySet(keys)] })
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
  const absoluteTimeoutHours = reader.number('absoluteTimeoutHours', 12, { above: 0, unit: 'hours' })
  // Who only shortens the login has not asked for an idle limit that is longer.
  const usualIdleMinutes = Math.min(15, absoluteTimeoutHours * 60)
  const idleTimeoutMinutes = reader.number('idleTimeoutMinutes', usualIdleMinutes, {
    above: 0,
    unit: 'minutes',
  })
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
  try {
    // What the three do shows when they are called.
    if (hasStoreMethods(store)) return store
    reader.report('store', 'must be an express-session store, with get, set and destroy')
  } catch {
    reader.report('store', unreadableProblem)
  }
  return undefined
}

function hasStoreMethods(value: unknown): value is Store {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['get', 'set', 'destroy'].every((name) => typeof Reflect.get(value, name) === 'function')
  )
}
