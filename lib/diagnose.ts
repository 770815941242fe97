import type { Config } from './config/config.js'
import type { Cis2Options } from './config/options.js'
import type { DiagnoseInput } from './doctor/diagnose-input.js'
import type { Diagnosis } from './doctor/run-checks.js'
import type { Finding } from './events.js'
import type { Refusal } from './failure-findings.js'
import { present } from './present.js'

export type { CheckStatus } from './doctor/check.js'
export type { DiagnoseInput } from './doctor/diagnose-input.js'
export type { CheckResult, Diagnosis } from './doctor/run-checks.js'

/**
 * Finds out why CIS2 does not accept this client: the checks of `npx express-cis2 doctor`, as data. Options that are
 * wrong are findings; nothing is thrown for them. What needs a provider that cannot be reached is `skipped`.
 *
 * The result holds no key, assertion, code or secret. Nothing of the doctor is loaded before the first call.
 *
 * @since 0.1.0
 */
export async function diagnose(options: Cis2Options, input: DiagnoseInput = {}): Promise<Diagnosis> {
  const { examine } = await import('./doctor/examine.js')
  const { jwksUri, liveProbe, assertion } = input
  return (await examine(options, present({ jwksUri, liveProbe, assertion }))).diagnosis
}

/** The failed checks of an application that is running, in the light of what CIS2 said to it. */
export async function findCauses(
  options: Cis2Options,
  config: Config,
  refusal: Refusal,
): Promise<readonly Finding[]> {
  const { findCauses: find } = await import('./doctor/examine.js')
  const { said, signal } = refusal
  return await find(options, config, { signal, liveProbe: false, ...present({ said }) })
}
