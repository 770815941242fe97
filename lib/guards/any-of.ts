import type { RequestHandler } from 'express'
import { ConfigurationError } from '../errors.js'
import { createGuard, ruleOf } from './create-guard.js'
import { getUser } from './get-user.js'

/**
 * Lets people through whom one of the guards lets through. Nobody's reason is that of the first guard.
 *
 * @param guards of this library; they are asked in order, and the first that fails with an error ends it
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without guards, or with something else
 * @since 0.1.0
 */
export function anyOf(...guards: readonly RequestHandler[]): RequestHandler {
  const [first, ...others] = guards.map((guard) => ruleOf(guard, 'anyOf'))
  if (first === undefined) throw new ConfigurationError('ERR_CIS2_GUARD', 'anyOf needs at least one guard')
  return createGuard(async (_user, req) => {
    // Read anew: a rule may have ended the login, or changed its role.
    const verdict = await first(getUser(req), req)
    if (verdict === true) return true
    for (const rule of others) if ((await rule(getUser(req), req)) === true) return true
    return verdict
  })
}
