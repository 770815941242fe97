import type { Request } from 'express'
import { AccessError } from '../errors.js'
import { contextOf } from '../request-context.js'
import type { Cis2User } from '../user/user.js'

/**
 * The person who is logged in.
 *
 * @throws {AccessError} `ERR_CIS2_NOT_LOGGED_IN`: put `requireLogin()` before the handler
 * @throws {ConfigurationError} `ERR_CIS2_MIDDLEWARE_MISSING`
 * @since 0.1.0
 */
export function getUser(req: Request): Cis2User {
  const { user } = contextOf(req)
  if (user === undefined) throw new AccessError('ERR_CIS2_NOT_LOGGED_IN')
  return user
}
