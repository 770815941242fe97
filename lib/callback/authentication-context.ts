import type { Config } from '../config/config.js'
import { LoginError } from '../errors.js'
import { acrMeets } from '../user/assurance.js'
import { claim, wireNames, type Claims } from '../user/claims.js'
import { parseAuthenticationAssurance, parseAuthTime, parseIdentityAssurance } from '../user/user.js'

type Demands = Pick<
  Config,
  | 'acrValues'
  | 'maxAgeSeconds'
  | 'maximumAuthAgeSeconds'
  | 'clockToleranceSeconds'
  | 'minimumAuthenticationAssurance'
  | 'minimumIdentityAssurance'
>

/**
 * How, how strongly and how long ago the person authenticated. The request travels through the browser, so that
 * `prompt`, `max_age` and `acr_values` can be stripped from it on the way: only the answer tells.
 *
 * @throws {LoginError} `ERR_CIS2_AUTH_TIME`, `ERR_CIS2_ACR`, `ERR_CIS2_AUTHENTICATION_ASSURANCE`,
 *   `ERR_CIS2_IDENTITY_ASSURANCE`
 */
export function checkAuthentication(claims: Claims, demands: Demands): void {
  checkAuthTime(claims, demands, Date.now() / 1000)
  const acr = claim(claims, 'acr')
  if (acr !== undefined && (typeof acr !== 'string' || !acrMeets(acr, demands.acrValues))) {
    throw new LoginError(
      'ERR_CIS2_ACR',
      typeof acr === 'string'
        ? `acr is not one of those requested (${demands.acrValues.join(' ')}) and implies none of them`
        : 'acr is not text',
    )
  }
  const level = parseAuthenticationAssurance(claims)
  if (level < demands.minimumAuthenticationAssurance) {
    throw new LoginError(
      'ERR_CIS2_AUTHENTICATION_ASSURANCE',
      `${wireNames.authenticationAssurance} is ${level}, at least ${demands.minimumAuthenticationAssurance} is required`,
    )
  }
  // Where the ID token has it, UserInfo need not be asked to know.
  if (claim(claims, wireNames.identityAssurance) !== undefined)
    checkIdentityAssurance(parseIdentityAssurance(claims, {}), demands)
}

/** @throws {LoginError} `ERR_CIS2_IDENTITY_ASSURANCE` */
export function checkIdentityAssurance(
  level: number,
  { minimumIdentityAssurance }: Pick<Demands, 'minimumIdentityAssurance'>,
): void {
  if (level >= minimumIdentityAssurance) return
  throw new LoginError(
    'ERR_CIS2_IDENTITY_ASSURANCE',
    `the identity assurance level is ${level}, at least ${minimumIdentityAssurance} is required`,
  )
}

function checkAuthTime(claims: Claims, demands: Demands, now: number): void {
  const authTime = parseAuthTime(claims)
  const tolerance = demands.clockToleranceSeconds
  const limit = Math.min(demands.maximumAuthAgeSeconds, demands.maxAgeSeconds ?? Infinity)
  if (authTime > now + tolerance) {
    throw new LoginError(
      'ERR_CIS2_AUTH_TIME',
      `auth_time is ${Math.ceil(authTime - now)} seconds in the future: this machine's clock and CIS2's differ`,
    )
  }
  if (now - authTime > limit + tolerance) {
    throw new LoginError(
      'ERR_CIS2_AUTH_TIME',
      `the person authenticated ${Math.floor(now - authTime)} seconds ago, at most ${limit} are allowed`,
    )
  }
}
