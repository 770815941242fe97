import type { AuthorizationConfig } from './authorization-options.js'
import type { Addresses } from './addresses.js'

/** A setting that is legal and unwise; raised once as a `configuration.warning` event. */
export interface ConfigWarning {
  readonly option: string
  readonly message: string
}

type Checked = Addresses & AuthorizationConfig & { readonly minimumIdentityAssurance: number }

/** What a reviewer at NHS England would ask about. */
export function checkConfig(config: Checked): readonly ConfigWarning[] {
  const warnings: ConfigWarning[] = []
  if (config.prompt === undefined && config.maxAgeSeconds === undefined) {
    warnings.push({
      option: 'prompt',
      message:
        "neither prompt=login nor max_age is sent: after a time-out CIS2's single sign-on logs the same person straight back in",
    })
  }
  if (config.minimumIdentityAssurance < 3) {
    warnings.push({
      option: 'minimumIdentityAssurance',
      message: 'is below 3, the level CIS2 conformance expects to be checked',
    })
  }
  if (config.maximumAuthAgeSeconds > 300) {
    warnings.push({
      option: 'maximumAuthAgeSeconds',
      message: 'is above 300 seconds, the ceiling of CIS2 conformance',
    })
  }
  return Object.freeze(warnings)
}
