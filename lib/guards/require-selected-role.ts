import type { RequestHandler } from 'express'
import type { Cis2Role } from '../user/role.js'
import { createGuard } from './create-guard.js'
import { roleDenial, type DenialReason } from './denial.js'
import { staleRolesDenial } from './stale-roles.js'

/**
 * Lets people through whose selected role has what is wanted. What their other roles have never counts, and roles that
 * were read longer ago than `role.maximumAgeMinutes` count for nothing.
 */
export function requireSelectedRole(has: (role: Cis2Role) => boolean, reason: DenialReason): RequestHandler {
  return createGuard((user, req) => {
    const stale = staleRolesDenial(req)
    if (stale !== undefined) return stale
    const { selectedRole } = user
    if ('role' in selectedRole && has(selectedRole.role)) return true
    return roleDenial(user) ?? { reason }
  })
}
