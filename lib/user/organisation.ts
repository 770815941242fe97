import { present } from '../present.js'
import { isClaims, listClaim, textClaim, wireNames, type Claims } from './claims.js'

/** An organisation the person belongs to. */
export interface Cis2Organisation {
  readonly id?: string
  /** The ODS code, such as `A83001`. */
  readonly code?: string
  readonly name?: string
}

/** Organisation names by ODS code in upper case: CIS2's lists do not agree on case. */
export type OrganisationNames = ReadonlyMap<string, string>

/** The person's organisations, joined by code from the two lists CIS2 may send. */
export function parseOrganisations(userInfo: Claims): readonly Cis2Organisation[] {
  const byCode = new Map<string, Cis2Organisation>()
  const withoutCode: Cis2Organisation[] = []
  for (const list of [wireNames.userOrganisations, wireNames.organisationMemberships]) {
    for (const entry of listClaim(userInfo, list)) {
      const organisation = parseOrganisation(entry)
      if (organisation === undefined) continue
      if (organisation.code === undefined) withoutCode.push(organisation)
      else {
        const key = organisation.code.toUpperCase()
        // What the first list says stands; the second only adds to it.
        byCode.set(key, { ...organisation, ...byCode.get(key) })
      }
    }
  }
  return [...byCode.values(), ...withoutCode]
}

export function organisationNames(organisations: readonly Cis2Organisation[]): OrganisationNames {
  return new Map(
    organisations.flatMap(({ code, name }) =>
      code === undefined || name === undefined ? [] : [[code.toUpperCase(), name] as const],
    ),
  )
}

function parseOrganisation(entry: unknown): Cis2Organisation | undefined {
  if (!isClaims(entry)) return undefined
  const id = textClaim(entry, 'person_orgid')
  const code = textClaim(entry, 'org_code')
  const name = textClaim(entry, 'org_name')
  if (id === undefined && code === undefined && name === undefined) return undefined
  return present({ id, code, name })
}
