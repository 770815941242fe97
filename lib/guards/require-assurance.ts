import type { RequestHandler } from 'express'
import { ConfigurationError } from '../errors.js'
import { contextOf } from '../request-context.js'
import { createGuard } from './create-guard.js'
import { arrivalSeconds, type AssuranceDemand } from './denial.js'

/**
 * Lets people through who authenticated strongly and lately enough.
 *
 * Others: a page navigation goes to CIS2 for such a login, once, and comes back; if it does not bring one, or brings
 * another person, the answer is 403 and the login stays as it was. Anything else gets 401 with `WWW-Authenticate`
 * (RFC 9470).
 *
 * @param demand at least one of `authentication` (the lowest level, 1 to 3) and `maxAuthAgeSeconds`
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` when the demand is empty or no demand
 * @since 0.1.0
 */
export function requireAssurance(demand: AssuranceDemand): RequestHandler {
  const { authentication = 1, maxAuthAgeSeconds = Infinity } = checkDemand(demand)
  return createGuard((user, req) => {
    const { wiring, session } = contextOf(req)
    const limit = maxAuthAgeSeconds + wiring.config.clockToleranceSeconds
    const now = Date.now() / 1000
    const loggedInAt = session?.loggedInAt ?? -Infinity
    const isRecent =
      now - user.authTime <= limit ||
      (now - loggedInAt <= arrivalSeconds && loggedInAt - user.authTime <= limit)
    if (user.authenticationAssuranceLevel >= authentication && isRecent) return true
    return { reason: 'ERR_CIS2_ASSURANCE_TOO_LOW', demand }
  })
}

function checkDemand(demand: AssuranceDemand): AssuranceDemand {
  const given: unknown = demand
  const members = typeof given === 'object' && given !== null ? Object.entries(given) : []
  if (members.length === 0)
    throw new ConfigurationError(
      'ERR_CIS2_GUARD',
      'requireAssurance takes { authentication } or { maxAuthAgeSeconds }, or both',
    )
  for (const [name, value] of members) {
    const isLevel = name === 'authentication' && [1, 2, 3].includes(value as number)
    const isAge = name === 'maxAuthAgeSeconds' && Number.isFinite(value) && Number(value) > 0
    if (!isLevel && !isAge)
      throw new ConfigurationError(
        'ERR_CIS2_GUARD',
        `requireAssurance: ${JSON.stringify(name)} must be authentication (1, 2 or 3) or maxAuthAgeSeconds (above 0)`,
      )
  }
  return Object.freeze({ ...demand })
}
