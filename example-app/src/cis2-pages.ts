import type { Cis2Options, Cis2User } from 'express-cis2'
import type { Environment } from 'nunjucks'
import { displayName, organisationName, roleName } from './describe-person.js'

export type Cis2Pages = NonNullable<Cis2Options['pages']>

/** The pages that the library shows at its own addresses, in this application's clothes. */
export function createCis2Pages(views: Environment): Cis2Pages {
  return {
    error: ({ user, title, message, reference, links, changeRoleUrl }) =>
      views.render('cis2-error.njk', {
        ...describeHeader(user),
        changeRoleUrl,
        title,
        message,
        reference,
        links,
      }),
    sessionEnded: (context) => views.render('session-ended.njk', context),
    chooseRole: ({ user, roles, selectedRole, action, returnTo, error }) =>
      views.render('choose-role.njk', {
        ...describeHeader(user),
        action,
        error,
        cancelUrl: 'role' in selectedRole ? returnTo : undefined,
        returnTo,
        roles: roles.map((role) => ({
          value: role.id,
          text: roleName(role),
          hint: { text: organisationName(role) },
          checked: 'role' in selectedRole && selectedRole.role.id === role.id,
        })),
      }),
    loggedOut: (context) => views.render('logged-out.njk', context),
  }
}

/** The header with "Log out", of somebody who is logged in. */
function describeHeader(user: Cis2User | undefined): { personName?: string } {
  return user === undefined ? {} : { personName: displayName(user) }
}
