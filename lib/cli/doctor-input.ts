import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { optionsFromEnv, type EnvironmentVariables } from '../config/options-from-env.js'
import { hasCredentials } from '../config/urls.js'
import type { ExamineInput } from '../doctor/diagnose-input.js'
import { readTokenError } from '../doctor/probe-token-endpoint.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { present } from '../present.js'
import { quoteUntrusted } from '../untrusted-text.js'
import { quoteGiven, UsageError } from './terminal.js'

/** Where the doctor's settings and what it is to explain come from, besides files. */
export interface InputSources {
  readonly env: EnvironmentVariables
  readStandardInput(): Promise<string>
}

export function parseFlags(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      issuer: { type: 'string' },
      'client-id': { type: 'string' },
      'base-url': { type: 'string' },
      'jwks-uri': { type: 'string' },
      config: { type: 'string' },
      'live-probe': { type: 'boolean' },
      assertion: { type: 'string' },
      'token-error': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return values
}

type Flags = ReturnType<typeof parseFlags>

/**
 * The options of `createCis2`, and what is wrong with variables that could not become one.
 *
 * @throws {UsageError}
 */
export function readOptions(
  flags: Flags,
  env: EnvironmentVariables,
): { options: Record<string, unknown>; problems: readonly ConfigurationProblem[] } {
  const given =
    flags.config === undefined ? readVariables(env) : { options: readConfig(flags.config), problems: [] }
  const { issuer, 'client-id': clientId, 'base-url': baseUrl } = flags
  const options: Record<string, unknown> = { ...given.options, ...present({ issuer, clientId, baseUrl }) }
  if (issuer !== undefined) delete options['environment']
  return { options, problems: given.problems }
}

/** The options that can be read, and what is wrong with the other variables. */
function readVariables(env: EnvironmentVariables): {
  options: Record<string, unknown>
  problems: readonly ConfigurationProblem[]
} {
  try {
    return { options: { ...optionsFromEnv(env) }, problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const { problems } = error
    const wrong = problems.map(({ option }) => option)
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.includes(name)))
    return { options: { ...optionsFromEnv(rest) }, problems }
  }
}

function readConfig(file: string): Record<string, unknown> {
  const text = readFile(file)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // The parser's own message repeats the text.
  }
  throw new UsageError(`${quoteGiven(file)} is not a JSON object with the options of createCis2.`)
}

/** @throws {UsageError} */
export async function readInput(flags: Flags, sources: InputSources): Promise<ExamineInput> {
  const { env } = sources
  const { 'live-probe': liveProbe, 'token-error': errorFile, assertion: given } = flags
  const named = env['CIS2_JWKS_URI']?.trim()
  const jwksUri = flags['jwks-uri'] ?? (named === '' ? undefined : named)
  if (jwksUri !== undefined && hasCredentials(jwksUri))
    throw new UsageError(
      'The address of the key set must not hold a user name or password: CIS2 has neither.',
    )
  const assertion =
    given === '-' ? await sources.readStandardInput() : given === undefined ? undefined : readText(given)
  const said = errorFile === undefined ? undefined : readRefusal(readFile(errorFile))
  const proxyVariable = ['HTTPS_PROXY', 'https_proxy'].find((name) => (env[name] ?? '') !== '')
  return present({ liveProbe, jwksUri, assertion, said, proxyVariable })
}

/** A file where there is one of that name, else the text itself. */
function readText(given: string): string {
  if (existsSync(given)) return readFile(given)
  // Every JWT begins with an `ey`, and one in the wrong base64 has slashes too.
  if (/^(?!ey)[\w.~-]*[/\\]|\.(txt|jwt|json|log)$/.test(given))
    throw new UsageError(`There is no file of the name ${quoteGiven(given)}.`)
  return given
}

function readRefusal(text: string): string {
  return readTokenError(text)?.said ?? `the token endpoint answered ${quoteUntrusted(text.trim())}`
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`The file cannot be read: ${quoteGiven(file)}.`)
  }
}
