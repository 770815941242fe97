import { present } from '../present.js'
import { isClaims, textClaim, textListClaim, type Claims } from './claims.js'
import type { OrganisationNames } from './organisation.js'

/** A code with its name, either of which CIS2 may leave out. */
export interface CodedName {
  readonly code?: string
  readonly name?: string
}

/** One NRBAC role of a person: a job at an organisation. */
export interface Cis2Role {
  /** CIS2's `person_roleid`. */
  readonly id: string
  /** Where the person holds the role; the name is there when an organisation list of CIS2's holds it. */
  readonly organisation: { readonly id?: string; readonly code?: string; readonly name?: string }
  /** The whole role code, such as `S8000:G8000:R8001`. */
  readonly code?: string
  /** Its job role, such as `R8001`. */
  readonly jobRole?: string
  /** The last part of the role's name, such as `Nurse Access Role`. */
  readonly name?: string
  /** All parts of the role's name. */
  readonly nameParts: readonly string[]
  readonly activities: readonly CodedName[]
  readonly activityCodes: readonly string[]
  readonly workgroups: readonly CodedName[]
  readonly workgroupCodes: readonly string[]
  readonly areasOfWork: readonly CodedName[]
}

/** Parses one entry of `nhsid_nrbac_roles`; without a `person_roleid` it cannot be chosen and is no role. */
export function parseRole(entry: unknown, organisationNames: OrganisationNames): Cis2Role | undefined {
  if (!isClaims(entry)) return undefined
  const id = textClaim(entry, 'person_roleid')
  if (id === undefined) return undefined
  const code = textClaim(entry, 'role_code')
  const jobRole = code?.split(':').find((part) => /^R\d+$/i.test(part))
  const nameParts = parseNameParts(textClaim(entry, 'role_name'))
  const name = nameParts.at(-1)
  const activities = parseCodedNames(entry, 'activities', 'activity_codes')
  const workgroups = parseCodedNames(entry, 'workgroups', 'workgroups_codes')
  return {
    id,
    organisation: parseRoleOrganisation(entry, organisationNames),
    ...present({ code, jobRole, name }),
    nameParts,
    activities,
    activityCodes: codesOf(activities),
    workgroups,
    workgroupCodes: codesOf(workgroups),
    areasOfWork: parseCodedNames(entry, 'aow', 'aow_codes').map(unquoted),
  }
}

/**
 * The parts of `"Clinical":"Clinical Provision":"Nurse Access Role"`: quoted, joined by colons, and with any
 * character but a quote inside, a colon too. Text that is not quoted is one part.
 */
export function parseNameParts(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  const quoted = [...text.matchAll(/"([^"]*)"/g)].map((match) => (match[1] ?? '').trim())
  return (quoted.length > 0 ? quoted : [text.trim()]).filter((part) => part !== '')
}

function parseRoleOrganisation(entry: Claims, names: OrganisationNames): Cis2Role['organisation'] {
  const id = textClaim(entry, 'person_orgid')
  const code = textClaim(entry, 'org_code')
  const name = code === undefined ? undefined : names.get(code.toUpperCase())
  return present({ id, code, name })
}

// CIS2 sends names and codes as two lists that need not be of one length: what has no partner stands alone.
function parseCodedNames(entry: Claims, namesClaim: string, codesClaim: string): readonly CodedName[] {
  const names = textListClaim(entry, namesClaim)
  const codes = textListClaim(entry, codesClaim)
  const isPaired = names.length === codes.length || names.length === 0 || codes.length === 0
  const rows: readonly CodedName[] = isPaired
    ? Array.from({ length: Math.max(names.length, codes.length) }, (_, index) =>
        present({ code: codes[index], name: names[index] }),
      )
    : [...codes.map((code) => present({ code })), ...names.map((name) => present({ name }))]
  return rows.filter((row) => row.code !== undefined || row.name !== undefined)
}

function unquoted(area: CodedName): CodedName {
  return area.name === undefined ? area : { ...area, name: parseNameParts(area.name).at(-1) ?? area.name }
}

function codesOf(rows: readonly CodedName[]): readonly string[] {
  return rows.flatMap((row) => row.code ?? [])
}
