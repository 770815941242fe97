import type { Cis2EventEmitter, ConfigurationWarningEvent } from './events.js'
import { randomReference } from './random.js'

/** A setting that is legal and unwise: which one, and why. */
export type SettingWarning = Pick<ConfigurationWarningEvent, 'option' | 'message'>

/** Raises each as a `configuration.warning` with a reference of its own, as soon as somebody listens. */
export function raiseWarnings(
  events: Pick<Cis2EventEmitter, 'warn'>,
  route: string,
  warnings: readonly SettingWarning[],
): void {
  events.warn(
    warnings.map((warning) => ({ reference: randomReference(), route, outcome: 'failure', ...warning })),
  )
}
