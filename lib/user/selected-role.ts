import { claim, isBlank, wireNames, type Claims } from './claims.js'
import type { Cis2Role } from './role.js'

/**
 * Which role the person acts in. Never a silent first of the list.
 *
 * `selected`: chosen at CIS2 or in the application; `only`: the person has exactly one; `ambiguous`: several and none
 * chosen; `unknown`: an id that is not among the person's roles, or (empty) something that is no id; `none`: the person
 * has no roles.
 */
export type SelectedRole =
  | { readonly outcome: 'selected' | 'only'; readonly role: Cis2Role }
  | { readonly outcome: 'ambiguous' }
  | { readonly outcome: 'unknown'; readonly roleId: string }
  | { readonly outcome: 'none' }

/** The id that CIS2 says was chosen. What is no text is none of the person's: it must not pass for nothing chosen. */
export function parseSelectedRoleId(claims: Claims): string | undefined {
  const id = claim(claims, wireNames.selectedRoleId)
  if (isBlank(id)) return undefined
  return typeof id === 'string' ? id : ''
}

/** Which of the roles is meant by an id, as a typed outcome. */
export function resolveSelectedRole(roles: readonly Cis2Role[], roleId: string | undefined): SelectedRole {
  if (roleId !== undefined) {
    const role = roles.find((each) => each.id === roleId)
    return role ? { outcome: 'selected', role } : { outcome: 'unknown', roleId }
  }
  const [first, second] = roles
  if (first === undefined) return { outcome: 'none' }
  return second === undefined ? { outcome: 'only', role: first } : { outcome: 'ambiguous' }
}
