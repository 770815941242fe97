import { LoginError, ProviderError } from '../errors.js'
import { present } from '../present.js'
import { parseAssuranceLevel } from './assurance.js'
import {
  claim,
  isBlank,
  isClaims,
  joinClaims,
  listClaim,
  textClaim,
  textListClaim,
  wireNames,
  type Claims,
} from './claims.js'
import { organisationNames, parseOrganisations, type Cis2Organisation } from './organisation.js'
import { parseRole, type Cis2Role } from './role.js'
import { parseSelectedRoleId, resolveSelectedRole, type SelectedRole } from './selected-role.js'

const professionalBodies = ['gmc', 'gmp', 'gdc', 'gdp', 'nmc', 'gphc', 'rcn', 'consultant'] as const

/** The professional bodies whose registration numbers CIS2 may send. */
export type ProfessionalBody = (typeof professionalBodies)[number]

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
  /** How well the person's identity was proved: CIS2's levels are 0 to 3. */
  readonly identityAssuranceLevel: number
  /** How strongly the person authenticated this time: CIS2's levels are 1 to 3. */
  readonly authenticationAssuranceLevel: number
  /** The authentication context class CIS2 reports, such as `AAL3_ANY`. */
  readonly acr?: string
  /** The authentication methods, such as `['N3_SMARTCARD']`. */
  readonly amr: readonly string[]
  /** When the person authenticated, in seconds since the epoch. */
  readonly authTime: number
  /** The person's NRBAC roles, in CIS2's order; empty without any. */
  readonly roles: readonly Cis2Role[]
  /** The role the person acts in, as a typed outcome. */
  readonly selectedRole: SelectedRole
  /** Where the person belongs; with names when the scope asks for them (`associatedorgs`). */
  readonly organisations: readonly Cis2Organisation[]
  /** Registration numbers by professional body, as far as CIS2 sent them. */
  readonly professionalIds: Readonly<Partial<Record<ProfessionalBody, string>>>
  /** UserInfo as received, for what is not modelled here. */
  readonly claims: Claims
}

const mostListEntries = 1000

/**
 * Verified ID-token claims and UserInfo → the person. Where both have a claim, the ID token's counts.
 *
 * @param userInfo `undefined` when UserInfo is switched off
 * @throws {ProviderError} `ERR_CIS2_USER_INVALID` when the claims are not objects or a list is too long
 * @throws {LoginError} `ERR_CIS2_ID_TOKEN_SUBJECT`, `ERR_CIS2_USERINFO_SUBJECT`, `ERR_CIS2_AUTH_TIME`,
 *   `ERR_CIS2_AUTHENTICATION_ASSURANCE`, `ERR_CIS2_IDENTITY_ASSURANCE` when what every login must have is missing
 * @since 0.1.0
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
  if (isAnother(claim(received, 'uid'), sub))
    throw new LoginError('ERR_CIS2_USERINFO_SUBJECT', "UserInfo's uid is not the person's sub")
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
    selectedRole: resolveSelectedRole(roles, parseSelectedRoleId(claims)),
    organisations,
    professionalIds: parseProfessionalIds(claims),
    claims: received,
  }
}

/**
 * `sub` as OpenID Connect Core 1.0, section 2 allows it, without control characters. CIS2 sends the national identifier
 * twice: two different ones are two people's claims in one answer.
 */
export function parseSubject(idTokenClaims: Claims): string {
  const sub = claim(idTokenClaims, 'sub')
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || /\p{Cc}/u.test(sub))
    throw new LoginError('ERR_CIS2_ID_TOKEN_SUBJECT')
  if (isAnother(claim(idTokenClaims, 'uid'), sub))
    throw new LoginError('ERR_CIS2_ID_TOKEN_SUBJECT', "the ID token's uid is not its sub")
  return sub
}

function isAnother(uid: unknown, sub: string): boolean {
  return !isBlank(uid) && uid !== sub
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

/** How well the person's identity was proved: the ID token's claim, else UserInfo's, which may have either name. */
export function parseIdentityAssurance(idTokenClaims: Claims, userInfo: Claims): number {
  const said = [
    claim(idTokenClaims, wireNames.identityAssurance),
    claim(userInfo, wireNames.identityAssuranceInUserInfo),
    claim(userInfo, wireNames.identityAssurance),
  ]
  // The first that is there counts, also when it is no level.
  const level = parseAssuranceLevel(said.find((value) => value !== undefined))
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

function parseProfessionalIds(claims: Claims): Cis2User['professionalIds'] {
  return Object.fromEntries(
    professionalBodies.flatMap((body) => {
      const id = textClaim(claims, `${body}_id`)
      return id === undefined ? [] : [[body, id] as const]
    }),
  )
}
