import type { RequestHandler } from 'express'
import { requireSelectedRole } from './require-selected-role.js'
import { parseWantedCodes } from './wanted-codes.js'

/**
 * Lets people through whose role is at one of these organisations. Other organisations that they belong to do not count.
 *
 * @param codes ODS codes such as `'A83001'`, whatever their case
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without codes
 * @since 0.1.0
 */
export function requireOrganisation(...codes: readonly string[]): RequestHandler {
  const isWanted = parseWantedCodes('requireOrganisation', codes)
  return requireSelectedRole(({ organisation }) => isWanted(organisation.code), 'ERR_CIS2_ORGANISATION_WRONG')
}
