import type { RequestHandler } from 'express'
import { ConfigurationError } from '../errors.js'
import { createGuard, ruleOf } from './create-guard.js'
import { getUser } from './get-user.js'

/**
 * Lets people through whom every guard lets through. The reason is that of the first guard that does not.
 *
 * @param guards of this library; they are asked in order
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without guards, or with something else
 * @since 0.1.0
 */
export function allOf(...guards: readonly RequestHandler[]): RequestHandler {
  const rules = guards.map((guard) => ruleOf(guard, 'allOf'))
  if (rules.length === 0) throw new ConfigurationError('ERR_CIS2_GUARD', 'allOf needs at least one guard')
  return createGuard(async (_user, req) => {
    // Read anew: a rule may have ended the login, or changed its role.
    for (const rule of rules) {
      const verdict = await rule(getUser(req), req)
      if (verdict !== true) return verdict
    }
    return true
  })
}
