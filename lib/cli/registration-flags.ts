import { parseArgs } from 'node:util'
import { hasCredentials } from '../config/urls.js'
import { UsageError } from './terminal.js'

/** What `--help` prints. */
export const help = `Usage: express-cis2 registration [options]

Prints what to enter in CIS2's Connection Manager, and how the settings meet
CIS2's technical conformance. It reads the CIS2_... variables that the
application reads, calls nobody, and needs no client id yet.

Options:
  --base-url <url>                  instead of CIS2_BASE_URL
  --redirect-uri <url>              instead of CIS2_REDIRECT_URI
  --jwks-uri <url>                  instead of CIS2_JWKS_URI
  --back-channel-logout-uri <url>   where cis2.backChannelLogout() is mounted
  --alg <name>                      instead of CIS2_SIGNING_ALGORITHM
  --name <text>                     the client's name (the host of the base URL)
  --description <text>              what the application is for
  --json                            prints { client, conformance, findings };
                                    client is the body for the API
  --help                            prints this

Exit code: 0, or 1 when something is found that CIS2 will not take.`

/** What is given instead of settings, and how to print. */
export interface RegistrationFlags {
  baseUrl: string | undefined
  redirectUri: string | undefined
  jwksUri: string | undefined
  backChannelLogoutUri: string | undefined
  algorithm: string | undefined
  name: string | undefined
  description: string | undefined
  json: boolean
  help: boolean
}

/** @throws {UsageError} */
export function parseRegistrationFlags(args: readonly string[]): RegistrationFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'base-url': { type: 'string' },
      'redirect-uri': { type: 'string' },
      'jwks-uri': { type: 'string' },
      'back-channel-logout-uri': { type: 'string' },
      alg: { type: 'string' },
      name: { type: 'string' },
      description: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  for (const name of ['jwks-uri', 'back-channel-logout-uri'] as const) {
    const address = values[name]
    if (address !== undefined && hasCredentials(address))
      throw new UsageError(`--${name} must not hold a user name or password.`)
    if (address !== undefined && !isWebAddress(address))
      throw new UsageError(`--${name} must be an http or https address; found '${address}'.`)
  }
  return {
    baseUrl: values['base-url'],
    redirectUri: values['redirect-uri'],
    jwksUri: values['jwks-uri'],
    backChannelLogoutUri: values['back-channel-logout-uri'],
    algorithm: values.alg,
    name: values.name,
    description: values.description,
    json: values.json,
    help: values.help,
  }
}

/** Whether the text is an address that a server could fetch from. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}
