import type { Login } from '../session/user-session.js'
import { resolveSelectedRole } from '../user/selected-role.js'
import type { Cis2User } from '../user/user.js'

/**
 * The id of the role that somebody who logs in once more goes on working in: where CIS2 says nothing of a role, and
 * after a step-up the one that they had chosen in the application, because a step-up is not the moment to change it.
 * Only a role that is still theirs.
 */
export function roleToKeep(previous: Login, user: Cis2User, isStepUp: boolean): string | undefined {
  if (previous.user.sub !== user.sub) return undefined
  const { selectedRole } = previous.user
  const before = selectedRole.outcome === 'selected' ? selectedRole.role.id : undefined
  const kept =
    user.selectedRole.outcome === 'ambiguous' ? before : isStepUp ? previous.record.roleId : undefined
  return kept !== undefined && resolveSelectedRole(user.roles, kept).outcome === 'selected' ? kept : undefined
}

/** Whether the person has come back from CIS2 in another role than before. */
export function hasChangedRole(previous: Cis2User, user: Cis2User): boolean {
  const { selectedRole } = user
  if (previous.sub !== user.sub || selectedRole.outcome !== 'selected') return false
  const before = previous.selectedRole
  return !('role' in before) || before.role.id !== selectedRole.role.id
}
