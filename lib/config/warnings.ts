import type { SettingWarning } from '../setting-warnings.js'
import type { AuthorizationConfig } from './authorization-options.js'
import type { Addresses } from './addresses.js'
import { findWeakness } from './secrets.js'

type Checked = Addresses &
  AuthorizationConfig & { readonly clientAssertionAudience: string; readonly secrets: readonly string[] }

/** What a reviewer at NHS England would ask about, and what is probably a slip. */
export function checkConfig(config: Checked): readonly SettingWarning[] {
  const warnings: SettingWarning[] = []
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
  const { clientAssertionAudience: audience, redirectPath, basePath, routes } = config
  if (audience !== 'token_endpoint' && audience !== 'issuer' && !URL.canParse(audience)) {
    warnings.push({
      option: 'clientAssertionAudience',
      message:
        "is sent to CIS2 as it stands, and is no address: did you mean 'token_endpoint', 'issuer' or a URL?",
    })
  }
  const weakness = config.secrets.map(findWeakness).find((found) => found !== undefined)
  if (weakness !== undefined) warnings.push({ option: 'secret', message: weakness })
  if (redirectPath.replace(/\/$/, '') !== basePath + routes.callback) {
    warnings.push({
      option: 'redirectUri',
      message: `cis2.router() has no route at ${JSON.stringify(redirectPath)}: mount cis2.callback() yourself`,
    })
  }
  return Object.freeze(warnings)
}
