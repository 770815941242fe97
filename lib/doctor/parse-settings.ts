import { generateKeyPairSync } from 'node:crypto'
import { parseConfig, type Config } from '../config/config.js'
import type { Cis2Options } from '../config/options.js'
import { readOwnMembers, unreadableProblem } from '../config/own-members.js'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { randomText } from '../random.js'

/** The settings as far as they can be used: one wrong option must not hide what is wrong elsewhere. */
export interface Settings {
  /** Complete: what cannot be used has a stand-in. Nothing when not even that is possible. */
  readonly config: Config | undefined
  readonly problems: readonly ConfigurationProblem[]
  /** The options that are missing or cannot be used: what is in `config` for them says nothing. */
  readonly unusable: ReadonlySet<string>
  /** The option `signingAlgorithm`, where somebody has written it down. */
  readonly statedAlgorithm: string | undefined
  /** When the signing key was first published, where the key says so: milliseconds since the epoch. */
  readonly publishedAt: number | undefined
}

const mostRounds = 4

/** Options, whatever they are → settings. Never throws for what is in them. */
export function parseSettings(given: unknown): Settings {
  const { members, unreadable } = readOwnMembers(typeof given === 'object' && given !== null ? given : {})
  let options = unreadable.length === 0 ? members : withStandIns(members, unreadable)
  const problems: ConfigurationProblem[] = unreadable.map((name) => ({
    option: name === '' ? 'options' : name,
    message: unreadableProblem,
  }))
  const unusable = new Set<string>(unreadable)
  for (let round = 0; round < mostRounds; round++) {
    try {
      const config = parseConfig(options as unknown as Cis2Options)
      return { config, problems, unusable, ...readNotes(members, config) }
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      problems.push(...error.problems)
      const names = error.problems.map(({ option }) => rootOf(option))
      for (const name of names) unusable.add(name)
      options = withStandIns(options, names)
    }
  }
  return { config: undefined, problems, unusable, statedAlgorithm: undefined, publishedAt: undefined }
}

/** The settings of an application that is running, with the keys that it uses now. */
export function settingsOf(options: Cis2Options, config: Config): Settings {
  return { config, problems: [], unusable: new Set(), ...readNotes(options, config) }
}

/** What stands in the options beside what the configuration keeps of them. */
function readNotes(given: unknown, { keys }: Config): Pick<Settings, 'statedAlgorithm' | 'publishedAt'> {
  const statedAlgorithm = member(given, 'signingAlgorithm')
  const { signingKey, members } = keys
  return {
    statedAlgorithm: typeof statedAlgorithm === 'string' ? statedAlgorithm : undefined,
    publishedAt: members.find(({ publicJwk }) => publicJwk.kid === signingKey.kid)?.publishedAt,
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

/** Whether a problem is that an option is not given. */
export function isMissing(message: string): boolean {
  return message.startsWith('is missing')
}

/** The option that a problem is about: `jwks` of `jwks.keys[0]`. */
export function rootOf(option: string): string {
  return option.split(/[.[]/)[0] ?? option
}

/** In the place of an address that the settings do not have. */
export const standInAddress = 'https://stand-in.invalid'
const keyOptions = ['jwks', 'signingKey']

function withStandIns(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  const left = Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)))
  const standIns: Record<string, unknown> = {}
  if (names.includes('clientId')) standIns['clientId'] = 'stand-in'
  if (names.includes('baseUrl')) standIns['baseUrl'] = standInAddress
  if (names.includes('secret')) standIns['secret'] = randomText(32)
  if (left['environment'] === undefined && left['issuer'] === undefined) standIns['issuer'] = standInAddress
  if (keyOptions.every((name) => left[name] === undefined)) standIns['jwks'] = standInKeys()
  return { ...left, ...standIns }
}

function standInKeys(): { keys: object[] } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }] }
}
