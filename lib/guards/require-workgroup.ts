import type { RequestHandler } from 'express'
import { requireSelectedRole } from './require-selected-role.js'
import { parseWantedCodes } from './wanted-codes.js'

/**
 * Lets people through whose role is in one of these workgroups.
 *
 * @param workgroups names or codes, whatever their case
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without any
 * @since 0.1.0
 */
export function requireWorkgroup(...workgroups: readonly string[]): RequestHandler {
  const isWanted = parseWantedCodes('requireWorkgroup', workgroups)
  return requireSelectedRole(
    (role) => isWanted(...role.workgroups.flatMap(({ code, name }) => [code, name])),
    'ERR_CIS2_WORKGROUP_MISSING',
  )
}
