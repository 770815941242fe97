/**
 * The wire names of CIS2's claims, in this folder only. Names and spellings are CIS2's: `workgroups_codes` beside
 * `activity_codes`, `idassurancelevel` in UserInfo beside `id_assurance_level` in the ID token.
 */
export const wireNames = {
  roles: 'nhsid_nrbac_roles',
  userOrganisations: 'nhsid_user_orgs',
  organisationMemberships: 'nhsid_org_memberships',
  selectedRoleId: 'selected_roleid',
  authenticationAssurance: 'authentication_assurance_level',
  identityAssurance: 'id_assurance_level',
  identityAssuranceInUserInfo: 'idassurancelevel',
} as const

/** Claims as received: nothing is known of any of them yet. */
export type Claims = Readonly<Record<string, unknown>>

/** A JSON object, and not an array or null. */
export function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A claim's own value: `constructor` and `__proto__` are no claims unless CIS2 sent them. */
export function claim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** Whether a value says nothing: an empty string counts as absent, as CIS2 sends `""` for what it does not know. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/** Text with something in it. */
export function textClaim(claims: Claims, name: string): string | undefined {
  const value = claim(claims, name)
  return typeof value === 'string' && !isBlank(value) ? value : undefined
}

/** A list, also when CIS2 sends one element bare instead of in a list. */
export function listClaim(claims: Claims, name: string): readonly unknown[] {
  const value = claim(claims, name)
  if (Array.isArray(value)) return value
  return value === undefined || value === null || value === '' ? [] : [value]
}

/** The texts of a list of texts. Order and position are kept: an entry that is no text becomes undefined. */
export function textListClaim(claims: Claims, name: string): readonly (string | undefined)[] {
  // Array.from() sees the holes of a sparse array too.
  return Array.from(listClaim(claims, name), (value) =>
    typeof value === 'string' && !isBlank(value) ? value : undefined,
  )
}

/**
 * Both as one: what the verified ID token says wins, and what it leaves blank is UserInfo's to say. Without a prototype,
 * so that a claim named `__proto__` is a claim like any other.
 */
export function joinClaims(idTokenClaims: Claims, userInfo: Claims): Claims {
  const joined = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(userInfo)) joined[name] = userInfo[name]
  for (const name of Object.keys(idTokenClaims))
    if (!isBlank(idTokenClaims[name])) joined[name] = idTokenClaims[name]
  return joined
}
