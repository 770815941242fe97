import type { RequestHandler } from 'express'
import { requireSelectedRole } from './require-selected-role.js'
import { parseWantedCodes } from './wanted-codes.js'

/**
 * Lets people through who work in one of these roles.
 *
 * @param codes job roles (`'R8000'`) or whole role codes (`'S8000:G8000:R8000'`), whatever their case
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without codes
 * @since 0.1.0
 */
export function requireRole(...codes: readonly string[]): RequestHandler {
  const isWanted = parseWantedCodes('requireRole', codes)
  return requireSelectedRole(({ code, jobRole }) => isWanted(code, jobRole), 'ERR_CIS2_ROLE_WRONG')
}
