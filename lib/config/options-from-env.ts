import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { nearestName } from './nearest-name.js'
import type { Cis2Options } from './options.js'

/** Environment variables, as `process.env` has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

type Parse = (text: string) => unknown

const asText: Parse = (text) => text
const asList: Parse = (text) => text.trim().split(/[\s,]+/)
// A byte order mark, which trim() takes for a space, is what some editors put before it.
const asJson: Parse = (text) => JSON.parse(text.trim()) as unknown
const asNumber: Parse = (text) => {
  const number = Number(text)
  if (!Number.isFinite(number)) throw new Error('not a number')
  return number
}
const asSecret: Parse = (text) => (text.trimStart().startsWith('[') ? asJson(text) : text)

const variables: Readonly<Record<string, { option: keyof Cis2Options; parse: Parse; expected?: string }>> = {
  CIS2_ENVIRONMENT: { option: 'environment', parse: asText },
  CIS2_ISSUER: { option: 'issuer', parse: asText },
  CIS2_CLIENT_ID: { option: 'clientId', parse: asText },
  CIS2_BASE_URL: { option: 'baseUrl', parse: asText },
  CIS2_REDIRECT_URI: { option: 'redirectUri', parse: asText },
  CIS2_JWKS: { option: 'jwks', parse: asJson, expected: 'a private JWK set as JSON' },
  CIS2_SIGNING_KEY: { option: 'signingKey', parse: asText },
  CIS2_SIGNING_ALGORITHM: { option: 'signingAlgorithm', parse: asText },
  CIS2_SECRET: { option: 'secret', parse: asSecret, expected: 'text, or a JSON array of texts' },
  CIS2_SCOPE: { option: 'scope', parse: asText },
  CIS2_ACR_VALUES: { option: 'acrValues', parse: asList },
  CIS2_CLIENT_ASSERTION_AUDIENCE: { option: 'clientAssertionAudience', parse: asText },
  CIS2_CLIENT_ASSERTION_LIFETIME_SECONDS: {
    option: 'clientAssertionLifetimeSeconds',
    parse: asNumber,
    expected: 'a number of seconds',
  },
}

// Read by the command line only; named here so that it is not taken for a slip.
const others = ['CIS2_JWKS_URI']

/**
 * Options from environment variables named `CIS2_…`; those that are absent or empty are left out.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` for values that cannot be read, and for names that look like a
 *   slip of the pen (`CIS2_CLIENTID`)
 * @since 0.1.0
 */
export function optionsFromEnv(env: EnvironmentVariables): Cis2Options {
  if (typeof env !== 'object' || env === null)
    throw new ConfigurationError([{ option: 'env', message: 'must be the variables, such as process.env' }])
  const problems: ConfigurationProblem[] = []
  const options: Record<string, unknown> = {}
  for (const [name, text] of Object.entries<unknown>(env)) {
    if (text === undefined || !name.toUpperCase().startsWith('CIS2')) continue
    if (typeof text !== 'string') {
      problems.push({ option: name, message: 'must be text, as environment variables are' })
      continue
    }
    if (text.trim() === '') continue
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (variable === undefined) {
      const meant = others.includes(name)
        ? undefined
        : nearestName(name, [...Object.keys(variables), ...others])
      if (meant) problems.push({ option: name, message: `is not read; did you mean ${meant}?` })
      continue
    }
    try {
      options[variable.option] = variable.parse(text)
    } catch {
      problems.push({ option: name, message: `must be ${variable.expected ?? 'text'}` })
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  // What is missing or of another type, createCis2 reports with everything else.
  return options as unknown as Cis2Options
}
