import type { Cis2Role } from '../user/role.js'
import type { SelectedRole } from '../user/selected-role.js'
import type { Cis2User } from '../user/user.js'

/** What the page on which a person chooses their role may show. */
export interface ChooseRolePageContext {
  /** The person's roles, in CIS2's order. */
  readonly roles: readonly Cis2Role[]
  /** The role they work in now, as a typed outcome. */
  readonly selectedRole: SelectedRole
  /** Where a form posts `roleId` (the `id` of a role) and `returnTo`. */
  readonly action: string
  /** Where the person goes on to; goes into the form as it is, and is where "Cancel" leads. */
  readonly returnTo: string
  /** What was wrong with the form, for the person; only when it is shown again. */
  readonly error?: string
  /** The person who is logged in, for your header. */
  readonly user: Cis2User
}

/** What the page after logging out may show. */
export interface LoggedOutPageContext {
  /** Where to log in again. */
  readonly loginUrl: string
  /** With `logout.provider`: CIS2 could not be reached, and may log the same person in again without asking. */
  readonly mayBeLoggedInAtCis2: boolean
}
