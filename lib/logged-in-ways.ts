import type { LoggedInWays } from './error-page.js'
import { ownPagePolicy } from './page-layout.js'
import { homeUrl, logoutUrl } from './public-urls.js'
import type { Cis2User } from './user/user.js'
import type { Wiring } from './wiring.js'

/** What pages offer to somebody who is logged in: to go on, and to log out. */
export function loggedInWays(user: Cis2User, wiring: Wiring, backUrl = homeUrl(wiring)): LoggedInWays {
  return { user, backUrl, logoutUrl: logoutUrl(wiring), policy: logoutPolicy(wiring) }
}

/** The policy of our pages with a form that logs out. */
export function logoutPolicy(wiring: Wiring): string {
  return wiring.config.logsOutAtProvider ? policyWithCis2(wiring) : ownPagePolicy
}

/** The policy of our pages whose form may lead on to CIS2: browsers hold its redirects against `form-action` too. */
export function policyWithCis2({ config }: Wiring): string {
  return `${ownPagePolicy} https: ${new URL(config.issuer).origin}`
}
