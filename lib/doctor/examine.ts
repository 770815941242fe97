import type { Config } from '../config/config.js'
import type { Cis2Options } from '../config/options.js'
import type { Finding } from '../events.js'
import { allChecks } from './all-checks.js'
import { describeAssertion } from './describe-assertion.js'
import type { ExamineInput } from './diagnose-input.js'
import { gatherEvidence } from './gather-evidence.js'
import { parseSuppliedAssertion } from './parse-assertion.js'
import { parseSettings, settingsOf, type Settings } from './parse-settings.js'
import { runChecks, type Diagnosis } from './run-checks.js'
import { settingsValid } from './checks/settings-valid.js'

/** A diagnosis, and what was examined, to compare with the registration. */
export interface Examination {
  readonly diagnosis: Diagnosis
  /** Names as in Connection Manager; only what the settings say. */
  readonly registration: Readonly<Record<string, string>>
  /** What the assertion of another program says, claim by claim. Empty where none was given or none could be read. */
  readonly assertion: Readonly<Record<string, string>>
}

/** Examines options that may be wrong. Never throws for what is in them. */
export async function examine(options: unknown, input: ExamineInput = {}): Promise<Examination> {
  const read = parseSettings(options)
  const settings = { ...read, problems: [...(input.problems ?? []), ...read.problems] }
  return {
    diagnosis: await diagnoseSettings(settings, input),
    registration: registrationOf(settings, input),
    assertion: assertionOf(input),
  }
}

/** What is wrong with a running application: the checks that failed. */
export async function findCauses(
  options: Cis2Options,
  config: Config,
  input: ExamineInput,
): Promise<readonly Finding[]> {
  const { checks } = await diagnoseSettings(settingsOf(options, config), input)
  const failed = checks.filter(({ status }) => status === 'fail')
  return Object.freeze(failed.map(({ status: _status, ...finding }) => Object.freeze(finding)))
}

async function diagnoseSettings(settings: Settings, input: ExamineInput): Promise<Diagnosis> {
  const { config } = settings
  if (config !== undefined) return await runChecks(allChecks, await gatherEvidence(settings, config, input))
  // Not even with stand-ins for what is wrong: nothing but that can be said.
  const found = settings.problems.map(({ option, message }) => `${option} ${message}`).join('; ')
  const { id, title, remedy: fix } = settingsValid
  return { ok: false, checks: [{ id, status: 'fail', title, found, expected: 'valid options', fix }] }
}

function assertionOf({ assertion: text }: ExamineInput): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  const { assertion } = parseSuppliedAssertion(text)
  return 'problem' in assertion ? {} : describeAssertion(assertion)
}

function registrationOf({ config, unusable }: Settings, { jwksUri }: ExamineInput): Record<string, string> {
  if (config === undefined) return {}
  const has = (...options: readonly string[]): boolean => options.every((option) => !unusable.has(option))
  const published = jwksUri ?? config.baseOrigin + config.basePath + config.routes.jwks
  return {
    ...(has('clientId') ? { client_id: config.clientId } : {}),
    ...(has('baseUrl', 'redirectUri') ? { redirect_uris: config.redirectUri } : {}),
    token_endpoint_auth_method: 'private_key_jwt',
    ...(has('baseUrl') || jwksUri !== undefined ? { jwks_uri: published } : {}),
    ...(has('jwks', 'signingKey') ? { jwks_uri_signing_algorithm: config.keys.signingKey.algorithm } : {}),
  }
}
