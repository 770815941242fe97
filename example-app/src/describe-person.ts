import type { Cis2Role, Cis2User } from 'express-cis2'

/** A line of a summary list. */
export interface Detail {
  key: string
  value: string
}

export interface PersonDescription {
  details: Detail[]
  professionalIds: Detail[]
  roles: RoleDescription[]
}

export interface RoleDescription {
  name: string
  isSelected: boolean
  details: Detail[]
}

/** What the "Your details" page says about a person. */
export function describePerson(user: Cis2User): PersonDescription {
  return {
    details: [
      { key: 'Name', value: displayName(user) },
      ...describeSelectedRole(user),
      { key: 'Identity assurance level', value: `Level ${user.identityAssuranceLevel}` },
      { key: 'Authentication assurance level', value: `Level ${user.authenticationAssuranceLevel}` },
      { key: 'User ID', value: user.sub },
    ],
    professionalIds: describeProfessionalIds(user),
    roles: user.roles.map((role) => describeRole(role, user)),
  }
}

/** CIS2 sends no name when the scope does not ask for one. */
export function displayName(user: Cis2User): string {
  return user.displayName ?? user.name ?? 'Name not given'
}

function describeSelectedRole({ selectedRole }: Cis2User): Detail[] {
  switch (selectedRole.outcome) {
    case 'selected':
    case 'only':
      return [
        { key: 'Role', value: roleName(selectedRole.role) },
        { key: 'Organisation', value: organisationName(selectedRole.role) },
      ]
    case 'ambiguous':
      return [{ key: 'Role', value: 'You have several roles and have not chosen one' }]
    case 'none':
      return [{ key: 'Role', value: 'You have no role in Care Identity' }]
    case 'unknown':
      return [{ key: 'Role', value: 'You chose a role that is not one of yours' }]
  }
}

/** The role that the person works in, and where. Empty without one. */
export function selectedRoleText({ selectedRole }: Cis2User): string {
  if (!('role' in selectedRole)) return ''
  return `${roleName(selectedRole.role)} at ${organisationName(selectedRole.role)}`
}

function describeRole(role: Cis2Role, { selectedRole }: Cis2User): RoleDescription {
  const activities = role.activities.map(({ name, code }) => name ?? code ?? '').filter((text) => text !== '')
  return {
    name: roleName(role),
    isSelected: 'role' in selectedRole && selectedRole.role.id === role.id,
    details: [
      { key: 'Organisation', value: organisationName(role) },
      { key: 'Role code', value: role.code ?? 'Not given' },
      { key: 'Activities', value: activities.length > 0 ? activities.join(', ') : 'None' },
    ],
  }
}

export function roleName(role: Cis2Role): string {
  return role.name ?? role.jobRole ?? 'Role without a name'
}

export function organisationName({ organisation: { name, code } }: Cis2Role): string {
  if (name === undefined) return code ?? 'Not given'
  return code === undefined ? name : `${name} (${code})`
}

const professionalBodies = {
  gmc: 'General Medical Council',
  gmp: 'General medical practitioner',
  gdc: 'General Dental Council',
  gdp: 'General dental practitioner',
  nmc: 'Nursing and Midwifery Council',
  gphc: 'General Pharmaceutical Council',
  rcn: 'Royal College of Nursing',
  consultant: 'Consultant',
}

function describeProfessionalIds({ professionalIds }: Cis2User): Detail[] {
  const given = new Map(Object.entries(professionalIds))
  return Object.entries(professionalBodies).flatMap(([body, key]) => {
    const value = given.get(body)
    return value === undefined ? [] : [{ key, value }]
  })
}
