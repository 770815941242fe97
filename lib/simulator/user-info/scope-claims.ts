import type { Person } from '../people/person.js'

const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  profile: ['name', 'family_name', 'given_name', 'uid'],
  email: ['email'],
  nhsperson: ['nhsid_useruid', 'title', 'idassurancelevel', 'initials', 'middle_names', 'display_name'],
  nationalrbacaccess: ['nhsid_nrbac_roles'],
  associatedorgs: ['nhsid_user_orgs'],
  organisationalmemberships: ['nhsid_org_memberships', 'nhsid_org_roles'],
  professionalmemberships: [
    'gmc_id',
    'gmp_id',
    'gdc_id',
    'gdp_id',
    'nmc_id',
    'gphc_id',
    'rcn_id',
    'consultant_id',
  ],
}

const claimsOfSomeScope = new Set(Object.values(claimsOfScope).flat())

/** What UserInfo tells for some scopes. A claim that belongs to none of them, `sub` first of all, is always told. */
export function claimsFor({ claims }: Person, scope: readonly string[]): Record<string, unknown> {
  const granted = new Set(scope.flatMap((word) => claimsOfScope[word] ?? []))
  return Object.fromEntries(
    Object.entries(claims).filter(([claim]) => granted.has(claim) || !claimsOfSomeScope.has(claim)),
  )
}
