import type { Person } from './person.js'
import { organisationClaims, personClaims, prescribing, viewing, wireRole, type Job } from './wire-claims.js'

const everyJob: readonly Job[] = ['R8000', 'R8001', 'R8003', 'R0260', 'R8008']
const everyOrganisation = ['A9A5A', 'B9B5B', 'C9C5C']

/** People whose data has a shape that has surprised a service before. */
export const oddPeople: readonly Person[] = [
  {
    key: 'empty-role-list',
    description: 'a person whose role list is there but empty',
    claims: personClaims(
      '555000000008',
      { title: 'Mr', given: 'Owen', family: 'Vasey' },
      { nhsid_nrbac_roles: [], nhsid_user_orgs: [] },
    ),
  },
  {
    key: 'no-organisation-name',
    description: 'a doctor whose organisation has a code but no name',
    claims: personClaims(
      '555000000009',
      { title: 'Dr', given: 'Leila', family: 'Marchetti' },
      { nhsid_nrbac_roles: [wireRole('555000009001', 'R8000', 'A9A5A', prescribing)], nhsid_user_orgs: [] },
    ),
  },
  {
    key: 'blank-selected-role',
    description: 'a nurse with two roles and a blank selected_roleid',
    selectedRoleId: '',
    claims: personClaims(
      '555000000010',
      { title: 'Mrs', given: 'Grace', family: 'Tolland' },
      {
        nhsid_nrbac_roles: [
          wireRole('555000010001', 'R8001', 'A9A5A', prescribing),
          wireRole('555000010002', 'R8008', 'B9B5B', viewing),
        ],
        ...organisationClaims('A9A5A', 'B9B5B'),
      },
    ),
  },
  {
    key: 'unknown-selected-role',
    description: 'a doctor whose selected_roleid is in no role',
    selectedRoleId: '555000011999',
    claims: personClaims(
      '555000000011',
      { title: 'Dr', given: 'Anton', family: 'Reyes' },
      {
        nhsid_nrbac_roles: [wireRole('555000011001', 'R8000', 'C9C5C', prescribing)],
        ...organisationClaims('C9C5C'),
      },
    ),
  },
  {
    key: 'very-long-role-list',
    description: 'a locum with 60 roles',
    claims: personClaims(
      '555000000012',
      { title: 'Dr', given: 'Yusuf', family: 'Hathaway' },
      {
        nhsid_nrbac_roles: Array.from({ length: 60 }, (_, index) =>
          wireRole(
            String(555000012001 + index),
            everyJob[index % everyJob.length] ?? 'R8000',
            everyOrganisation[index % everyOrganisation.length] ?? 'A9A5A',
            prescribing,
          ),
        ),
        ...organisationClaims(...everyOrganisation),
      },
    ),
  },
  {
    key: 'single-object',
    description: 'a nurse whose lists of one entry come as the bare entry',
    claims: personClaims(
      '555000000013',
      { title: 'Ms', given: 'Ottilie', family: 'Barrow' },
      {
        nhsid_nrbac_roles: wireRole('555000013001', 'R8001', 'A9A5A', prescribing),
        nhsid_user_orgs: { org_name: 'EXAMPLE COMMUNITY TRUST', org_code: 'A9A5A' },
      },
    ),
  },
  {
    key: 'absent-arrays',
    description: 'a nurse whose role has an id and nothing else',
    claims: personClaims(
      '555000000014',
      { title: 'Ms', given: 'Bronwen', family: 'Sayer' },
      { nhsid_nrbac_roles: [{ person_roleid: '055000014001' }] },
    ),
  },
  {
    key: 'repeated-role',
    description: 'a doctor with one role twice and one role without an id',
    claims: personClaims(
      '555000000015',
      { title: 'Dr', given: 'Marek', family: 'Ellery' },
      {
        nhsid_nrbac_roles: [
          wireRole('555000015001', 'R8000', 'A9A5A', prescribing),
          wireRole('555000015001', 'R8000', 'A9A5A', prescribing),
          { org_code: 'B9B5B', role_code: 'S8000:G8000:R0260' },
        ],
        ...organisationClaims('A9A5A', 'B9B5B'),
      },
    ),
  },
  {
    key: 'integer-levels',
    description: 'a nurse whose assurance levels are numbers, not text',
    claims: personClaims(
      '555000000016',
      { title: 'Mr', given: 'Kwame', family: 'Dunmore' },
      {
        idassurancelevel: 3,
        nhsid_nrbac_roles: [wireRole('555000016001', 'R8001', 'A9A5A', prescribing)],
        ...organisationClaims('A9A5A'),
      },
    ),
    idTokenClaims: (claims) => ({
      ...claims,
      authentication_assurance_level: Number(claims.authentication_assurance_level),
    }),
  },
  {
    key: 'awkward-text',
    description: 'a doctor whose names hold markup, quotes and colons',
    claims: personClaims(
      '555000000017',
      { title: 'Dr', given: 'Zoë <b>', family: "O'Ńeill & Sons" },
      {
        email: '',
        nhsid_nrbac_roles: [
          wireRole('555000017001', 'R8000', 'A9A5A', {
            role_name: '"Clinical":"Clinical: Provision":"Practitioner & <i>Trainer</i>"',
            activities: ['View "Detailed" Record'],
            activity_codes: ['B0360'],
          }),
        ],
        nhsid_user_orgs: [{ org_name: '<script>alert(1)</script> & CO', org_code: 'a9a5a' }],
      },
    ),
  },
]
