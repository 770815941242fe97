import type { RequestHandler } from 'express'
import { childActivities } from './child-activities.js'
import { requireSelectedRole } from './require-selected-role.js'
import { parseWantedCodes } from './wanted-codes.js'

/**
 * Lets people through whose role has one of these activities, or a known child of one: somebody who may prescribe
 * independently (`B0420`) may also prepare a prescription (`B0278`), and not the other way round.
 *
 * @param codes activity codes such as `'B0278'`, whatever their case
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` without codes
 * @since 0.1.0
 */
export function requireActivity(...codes: readonly string[]): RequestHandler {
  parseWantedCodes('requireActivity', codes)
  const isWanted = parseWantedCodes('requireActivity', [...codes, ...codes.flatMap(childActivities)])
  return requireSelectedRole(({ activityCodes }) => isWanted(...activityCodes), 'ERR_CIS2_ACTIVITY_MISSING')
}
