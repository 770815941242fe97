import { parseConfig, type Config } from '../config/config.js'
import type { Cis2Options } from '../config/options.js'
import { optionsFromEnv, type EnvironmentVariables } from '../config/options-from-env.js'
import { hasCredentials } from '../config/urls.js'
import { ConfigurationError } from '../errors.js'
import { generateKey } from '../keys/generate-key.js'
import { isSigningAlgorithm } from '../keys/signing-algorithm.js'
import { present } from '../present.js'
import { randomText } from '../random.js'
import { isWebAddress, type RegistrationFlags } from './registration-flags.js'
import { UsageError } from './terminal.js'

/** The settings of an application that may not be registered yet. */
export interface RegistrationSettings {
  readonly config: Config
  readonly jwksUri: string
  readonly backChannelLogoutUri: string | undefined
  /** The algorithm that was asked for by name; a key's own counts all the same. */
  readonly askedAlgorithm: string | undefined
}

/**
 * Reads what the application reads. What CIS2 gives only after registration, and what it does not ask for, may be
 * missing.
 *
 * @throws {ConfigurationError} with every problem of what is there
 * @throws {UsageError} without the application's address
 */
export async function readRegistrationSettings(
  env: EnvironmentVariables,
  flags: RegistrationFlags,
): Promise<RegistrationSettings> {
  const given: Partial<Cis2Options> = {
    ...optionsFromEnv(env),
    ...present({
      baseUrl: flags.baseUrl,
      redirectUri: flags.redirectUri,
      signingAlgorithm: flags.algorithm,
    }),
  }
  if (given.baseUrl === undefined)
    throw new UsageError(
      "CIS2_BASE_URL is missing: set it to the application's public address, or give --base-url.",
    )
  const hasKey = given.jwks !== undefined || given.signingKey !== undefined
  const config = parseConfig({
    // Stand-ins, of which nothing is printed.
    clientId: 'not-registered-yet',
    secret: randomText(32),
    ...(given.issuer === undefined ? { environment: 'integration' } : {}),
    ...(hasKey ? {} : { signingKey: await makeStandIn(given.signingAlgorithm) }),
    ...given,
    baseUrl: given.baseUrl,
  })
  const { baseOrigin, basePath, routes } = config
  const besides = (route: string): string => baseOrigin + basePath + route
  return {
    config,
    askedAlgorithm: given.signingAlgorithm,
    jwksUri: flags.jwksUri ?? parseJwksUri(env['CIS2_JWKS_URI']) ?? besides(routes.jwks),
    backChannelLogoutUri: config.backChannelLogout
      ? (flags.backChannelLogoutUri ?? besides(routes.backChannelLogout))
      : undefined,
  }
}

function parseJwksUri(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined
  if (isWebAddress(text) && !hasCredentials(text)) return text
  const message = hasCredentials(text)
    ? 'must not hold a user name or password'
    : 'must be an http or https address'
  throw new ConfigurationError([{ option: 'CIS2_JWKS_URI', message }])
}

async function makeStandIn(algorithm: string | undefined): Promise<NonNullable<Cis2Options['signingKey']>> {
  if (algorithm === 'ES256') return (await generateKey('ec-p256', algorithm)).jwk
  const isRsa = isSigningAlgorithm(algorithm) && !algorithm.startsWith('ES')
  return (await generateKey('rsa-2048', isRsa ? algorithm : 'RS512')).jwk
}
