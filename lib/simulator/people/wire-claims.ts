/** One entry of `nhsid_nrbac_roles`, as CIS2 sends it. */
export type WireRole = Readonly<Record<string, string | readonly string[]>>

const organisationNames: Readonly<Record<string, string>> = {
  A9A5A: 'EXAMPLE COMMUNITY TRUST',
  B9B5B: 'SAMPLE LANE SURGERY',
  C9C5C: 'SPECIMEN GENERAL HOSPITAL',
}

const jobs = {
  R8000: { name: 'Clinical Practitioner Access Role', clinical: true },
  R8001: { name: 'Nurse Access Role', clinical: true },
  R8003: { name: 'Health Professional Access Role', clinical: true },
  R0260: { name: 'General Medical Practitioner', clinical: true },
  R8008: { name: 'Admin/Clinical Support Access Role', clinical: false },
} as const

export type Job = keyof typeof jobs

/** Twelve digits, like a person's. */
function organisationId(code: string): string {
  return `5550001${code.charCodeAt(0)}001`
}

/** A role with every member that CIS2 may send. */
export function wireRole(id: string, job: Job, organisation: string, more: WireRole = {}): WireRole {
  const { name, clinical } = jobs[job]
  return {
    person_orgid: organisationId(organisation),
    person_roleid: id,
    org_code: organisation,
    role_name: clinical ? `"Clinical":"Clinical Provision":"${name}"` : `"Support":"Support":"${name}"`,
    role_code: clinical ? `S8000:G8000:${job}` : `S8001:G8002:${job}`,
    ...more,
  }
}

/** What a prescriber may do. */
export const prescribing: WireRole = {
  activities: ['Perform Prescription Preparation', 'Independent Prescribing'],
  activity_codes: ['B0278', 'B0420'],
}

/** What someone at the front desk may do. */
export const viewing: WireRole = {
  activities: ['View Patient Medication'],
  activity_codes: ['B0401'],
}

/** The claims that tell the organisations' names. */
export function organisationClaims(...codes: string[]): Readonly<Record<string, unknown>> {
  const named = codes.map((code) => ({ org_name: organisationNames[code] ?? code, org_code: code }))
  const members = named.map((org) => ({ person_orgid: organisationId(org.org_code), ...org }))
  return {
    nhsid_user_orgs: named,
    nhsid_org_memberships: members.map((org) => ({ ...org, gnc: '' })),
    nhsid_org_roles: members,
  }
}

const noProfessionalIds = {
  gmc_id: '',
  gmp_id: '',
  gdc_id: '',
  gdp_id: '',
  nmc_id: '',
  gphc_id: '',
  rcn_id: '',
  consultant_id: '',
}

/** The claims about the person, without roles and organisations. */
export function personClaims(
  sub: string,
  { title, given, family }: { title: string; given: string; family: string },
  more: Readonly<Record<string, unknown>> = {},
): { readonly sub: string; readonly [claim: string]: unknown } {
  return {
    sub,
    uid: sub,
    nhsid_useruid: sub,
    name: `${family.toUpperCase()} ${given} (${title})`,
    given_name: given,
    family_name: family,
    middle_names: '',
    initials: given.charAt(0),
    title,
    display_name: `${given} ${family}`,
    email: `${given}.${family}@example.com`.toLowerCase(),
    idassurancelevel: '3',
    ...noProfessionalIds,
    ...more,
  }
}
