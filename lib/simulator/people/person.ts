import type { Override } from '../faults/fault-values.js'

/**
 * What CIS2 knows of a person, under the names it has on the wire.
 */
export interface PersonClaims {
  /** The person's 12-digit UUID. */
  readonly sub: string
  readonly [claim: string]: unknown
}

/**
 * Someone who can log in at the simulator. All of them are invented.
 */
export interface Person {
  /** Names the person in tests and in the picker's form: `nurse`. */
  readonly key: string
  /** What is special about the person, in a few words, for the picker. */
  readonly description: string
  /** The UserInfo response when every scope is granted; fewer scopes give fewer of these. */
  readonly claims: PersonClaims
  /** The highest authentication assurance level that the person can reach. @default 3 */
  readonly authenticationLevel?: 1 | 2 | 3
  /** `selected_roleid`, whatever the person picks; `''` is CIS2's blank one. @default the picked role */
  readonly selectedRoleId?: string
  /** How the person's ID tokens differ from the usual. @default not at all */
  readonly idTokenClaims?: Override
}

/** A role to pick. */
export interface PersonRole {
  readonly id: string
  readonly name: string
  readonly organisation: string
}

/** The roles a person can pick, from whatever shape the claim has. */
export function rolesOf({ claims }: Person): PersonRole[] {
  return recordsIn(claims.nhsid_nrbac_roles).flatMap((role) => {
    const id = textIn(role, 'person_roleid')
    if (id === '') return []
    const code = textIn(role, 'org_code')
    const organisation = recordsIn(claims.nhsid_user_orgs).find((org) => textIn(org, 'org_code') === code)
    const name = textIn(role, 'role_name') || textIn(role, 'role_code') || 'Role without a name'
    return [{ id, name, organisation: (organisation && textIn(organisation, 'org_name')) || code }]
  })
}

/** What to call a person. */
export function nameOf({ key, claims }: Person): string {
  return textIn(claims, 'name') || key
}

function recordsIn(value: unknown): object[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((entry) => typeof entry === 'object' && entry !== null)
}

function textIn(record: object, member: string): string {
  const value: unknown = Object.getOwnPropertyDescriptor(record, member)?.value
  return typeof value === 'string' ? value : ''
}
