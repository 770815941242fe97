import { LoginError, ProviderError } from '../errors.js'
import { present } from '../present.js'
import { parseAssuranceLevel } from './assurance.js'
import {
  claim,
  isBlank,
  isClaims,
  listClaim,
  textClaim,
  textListClaim,
  wireNames,
  type Claims,
} from './claims.js'
import { organisationNames, parseOrganisations, type Cis2Organisation } from './organisation.js'
import { parseRole, type Cis2Role } from './role.js'

/** The professional bodies whose registration numbers CIS2 may send. */
export type ProfessionalBody = 'gmc' | 'gmp' | 'gdc' | 'gdp' | 'nmc' | 'gphc' | 'rcn' | 'consultant'

/**
 * Which role the person acts in. Never a silent first of the list.
 *
 * `selected`: chosen at CIS2 or in the application; `only`: the person has exactly one; `ambiguous`: several and none
 * chosen; `unknown`: an id that is not among the person's roles; `none`: the person has no roles.
 */
export type SelectedRole =
  | { readonly outcome: 'selected' | 'only'; readonly role: Cis2Role }
  | { readonly outcome: 'ambiguous' }
  | { readonly outcome: 'unknown'; readonly roleId: string }
  | { readonly outcome: 'none' }

/** A care worker, as CIS2 vouches for them. */
export interface Cis2User {
  /** The person's national identifier: text, and the same in every application. */
  readonly sub: string
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly middleNames?: string
  readonly initials?: string
  readonly title?: string
  readonly displayName?: string
  readonly email?: string
  readonly identityAssuranceLevel: number
  readonly authenticationAssuranceLevel: number
  /** The authentication context class CIS2 reports, such as `AAL3_ANY`. */
  readonly acr?: string
  /** The authentication methods, such as `['N3_SMARTCARD']`. */
  readonly amr: readonly string[]
  /** When the person authenticated, in seconds since the epoch. */
  readonly authTime: number
  readonly roles: readonly Cis2Role[]
  readonly selectedRole: SelectedRole
  readonly organisations: readonly Cis2Organisation[]
  readonly professionalIds: Readonly<Partial<Record<ProfessionalBody, string>>>
  /** UserInfo as received, for what is not modelled here. */
  readonly claims: Claims
}

const mostListEntries = 1000
const professionalBodies = ['gmc', 'gmp', 'gdc', 'gdp', 'nmc', 'gphc', 'rcn', 'consultant'] as const

/**
 * Verified ID-token claims and UserInfo → the person. Where both have a claim, the ID token's counts.
 *
 * @param userInfo `undefined` when UserInfo is switched off
 * @throws {ProviderError} `ERR_CIS2_USER_INVALID` when the claims are not objects or a list is too long
 * @throws {LoginError} `ERR_CIS2_ID_TOKEN_SUBJECT`, `ERR_CIS2_USERINFO_SUBJECT`, `ERR_CIS2_AUTH_TIME`,
 *   `ERR_CIS2_AUTHENTICATION_ASSURANCE`, `ERR_CIS2_IDENTITY_ASSURANCE` when what every login must have is missing
 */
export function parseUserInfo(idTokenClaims: unknown, userInfo: unknown): Cis2User {
  if (!isClaims(idTokenClaims))
    throw new ProviderError('ERR_CIS2_USER_INVALID', 'the ID token claims are not an object')
  const received = userInfo ?? {}
  if (!isClaims(received)) throw new ProviderError('ERR_CIS2_USER_INVALID', 'UserInfo is not an object')
  const claims = joinClaims(idTokenClaims, received)
  for (const list of [wireNames.roles, wireNames.userOrganisations, wireNames.organisationMemberships]) {
    if (listClaim(claims, list).length > mostListEntries) {
      throw new ProviderError('ERR_CIS2_USER_INVALID', `${list} has more than ${mostListEntries} entries`)
    }
  }
  const sub = parseSubject(idTokenClaims)
  if (userInfo !== undefined && claim(received, 'sub') !== sub)
    throw new LoginError('ERR_CIS2_USERINFO_SUBJECT')
  const organisations = parseOrganisations(claims)
  const roles = parseRoles(claims, organisations)
  return {
    sub,
    ...parseNames(claims),
    identityAssuranceLevel: parseIdentityAssurance(idTokenClaims, claims),
    authenticationAssuranceLevel: parseAuthenticationAssurance(idTokenClaims),
    ...present({ acr: textClaim(idTokenClaims, 'acr') }),
    amr: textListClaim(idTokenClaims, 'amr').flatMap((method) => method ?? []),
    authTime: parseAuthTime(idTokenClaims),
    roles,
    selectedRole: selectRole(roles, textClaim(claims, wireNames.selectedRoleId)),
    organisations,
    professionalIds: parseProfessionalIds(claims),
    claims: received,
  }
}

/**
 * Both as one: what the verified ID token says wins, and what it leaves blank is UserInfo's to say. Spreading defines
 * members and never assigns them, so that a claim named `__proto__` stays a claim.
 */
function joinClaims(idTokenClaims: Claims, userInfo: Claims): Claims {
  const said = Object.entries(idTokenClaims).filter(([, value]) => !isBlank(value))
  return { ...userInfo, ...Object.fromEntries(said) }
}

/** `sub` as OpenID Connect Core 1.0, section 2 allows it, without control characters. */
export function parseSubject(idTokenClaims: Claims): string {
  const sub = claim(idTokenClaims, 'sub')
  if (typeof sub === 'string' && sub !== '' && sub.length <= 255 && !/\p{Cc}/u.test(sub)) return sub
  throw new LoginError('ERR_CIS2_ID_TOKEN_SUBJECT')
}

/** The level of this login. `acr` cannot stand in for it. */
export function parseAuthenticationAssurance(idTokenClaims: Claims): number {
  const level = parseAssuranceLevel(claim(idTokenClaims, wireNames.authenticationAssurance))
  if (level !== undefined) return level
  throw new LoginError(
    'ERR_CIS2_AUTHENTICATION_ASSURANCE',
    `${wireNames.authenticationAssurance} is missing from the ID token or is not a level`,
  )
}

/** How well the person's identity was proved: the ID token's claim, else UserInfo's. */
export function parseIdentityAssurance(idTokenClaims: Claims, userInfo: Claims): number {
  const inToken = claim(idTokenClaims, wireNames.identityAssurance)
  const level = parseAssuranceLevel(
    inToken === undefined ? claim(userInfo, wireNames.identityAssuranceInUserInfo) : inToken,
  )
  if (level !== undefined) return level
  throw new LoginError(
    'ERR_CIS2_IDENTITY_ASSURANCE',
    `neither ${wireNames.identityAssurance} (ID token) nor ${wireNames.identityAssuranceInUserInfo} (UserInfo) is a level`,
  )
}

/** When the person authenticated, in whole or fractional seconds since the epoch. */
export function parseAuthTime(idTokenClaims: Claims): number {
  const time = claim(idTokenClaims, 'auth_time')
  if (typeof time === 'number' && Number.isFinite(time) && time > 0) return time
  throw new LoginError('ERR_CIS2_AUTH_TIME', 'auth_time is missing from the ID token or is not a number')
}

function parseNames(claims: Claims): Partial<Cis2User> {
  return present({
    name: textClaim(claims, 'name'),
    givenName: textClaim(claims, 'given_name'),
    familyName: textClaim(claims, 'family_name'),
    middleNames: textClaim(claims, 'middle_names'),
    initials: textClaim(claims, 'initials'),
    title: textClaim(claims, 'title'),
    displayName: textClaim(claims, 'display_name'),
    email: textClaim(claims, 'email'),
  })
}

function parseRoles(claims: Claims, organisations: readonly Cis2Organisation[]): readonly Cis2Role[] {
  const names = organisationNames(organisations)
  const byId = new Map<string, Cis2Role>()
  for (const entry of listClaim(claims, wireNames.roles)) {
    const role = parseRole(entry, names)
    if (role !== undefined && !byId.has(role.id)) byId.set(role.id, role)
  }
  return [...byId.values()]
}

/** Which of the roles is meant by an id, as a typed outcome. */
export function selectRole(roles: readonly Cis2Role[], roleId: string | undefined): SelectedRole {
  if (roleId !== undefined) {
    const role = roles.find((each) => each.id === roleId)
    return role ? { outcome: 'selected', role } : { outcome: 'unknown', roleId }
  }
  const [first, second] = roles
  if (first === undefined) return { outcome: 'none' }
  return second === undefined ? { outcome: 'only', role: first } : { outcome: 'ambiguous' }
}

function parseProfessionalIds(claims: Claims): Cis2User['professionalIds'] {
  return Object.fromEntries(
    professionalBodies.flatMap((body) => {
      const id = textClaim(claims, `${body}_id`)
      return id === undefined ? [] : [[body, id] as const]
    }),
  )
}
