import type { Person } from './person.js'
import { organisationClaims, personClaims, prescribing, viewing, wireRole } from './wire-claims.js'

/** People as most services meet them. */
export const usualPeople: readonly Person[] = [
  {
    key: 'nurse',
    description: 'a nurse with one role',
    claims: personClaims(
      '555000000001',
      { title: 'Ms', given: 'Nora', family: 'Whitlock' },
      {
        nhsid_nrbac_roles: [
          wireRole('555000001001', 'R8001', 'A9A5A', {
            ...prescribing,
            workgroups: ['exampleteam'],
            workgroups_codes: ['555000000900'],
            aow: ['"Patient Care":"Community":"Immunisation"'],
            aow_codes: ['P0020:Q0300:T0640'],
          }),
        ],
        ...organisationClaims('A9A5A'),
        nmc_id: '00A0000E',
      },
    ),
  },
  {
    key: 'doctor-many-roles',
    description: 'a doctor with four roles in three organisations',
    claims: personClaims(
      '555000000002',
      { title: 'Dr', given: 'Samir', family: 'Okonjo' },
      {
        nhsid_nrbac_roles: [
          wireRole('555000002001', 'R8000', 'A9A5A', prescribing),
          wireRole('555000002002', 'R0260', 'B9B5B', { ...prescribing, workgroups: ['nightteam'] }),
          wireRole('555000002003', 'R8000', 'C9C5C', prescribing),
          wireRole('555000002004', 'R8008', 'A9A5A', viewing),
        ],
        ...organisationClaims('A9A5A', 'B9B5B', 'C9C5C'),
        gmc_id: 'C0000002',
        gmp_id: 'G0000002',
        consultant_id: 'D0000002',
      },
    ),
  },
  {
    key: 'pharmacist',
    description: 'a pharmacist with professional ids',
    claims: personClaims(
      '555000000003',
      { title: 'Mr', given: 'Tomos', family: 'Pryce' },
      {
        nhsid_nrbac_roles: [wireRole('555000003001', 'R8003', 'C9C5C', prescribing)],
        ...organisationClaims('C9C5C'),
        gphc_id: '0000003',
        nmc_id: '00A0003E',
      },
    ),
  },
  {
    key: 'receptionist',
    description: 'an administrator, who may view but not prescribe',
    claims: personClaims(
      '555000000004',
      { title: 'Mrs', given: 'Ines', family: 'Calder' },
      {
        nhsid_nrbac_roles: [wireRole('555000004001', 'R8008', 'B9B5B', viewing)],
        ...organisationClaims('B9B5B'),
      },
    ),
  },
  {
    key: 'aal2-only',
    description: 'a nurse who can only reach authentication level 2',
    authenticationLevel: 2,
    claims: personClaims(
      '555000000005',
      { title: 'Mx', given: 'Robin', family: 'Ashdown' },
      {
        nhsid_nrbac_roles: [wireRole('555000005001', 'R8001', 'A9A5A', prescribing)],
        ...organisationClaims('A9A5A'),
      },
    ),
  },
  {
    key: 'low-identity',
    description: 'a nurse whose identity is assured at level 2 only',
    claims: personClaims(
      '555000000006',
      { title: 'Mr', given: 'Piotr', family: 'Lindqvist' },
      {
        idassurancelevel: '2',
        nhsid_nrbac_roles: [wireRole('555000006001', 'R8001', 'A9A5A', prescribing)],
        ...organisationClaims('A9A5A'),
      },
    ),
  },
  {
    key: 'no-role',
    description: 'a person without any role; the role list is absent',
    claims: personClaims('555000000007', { title: 'Miss', given: 'Faith', family: 'Umber' }),
  },
]
