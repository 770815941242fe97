// An invented nurse whose claims are about 1, 4 and 16 KB with 1, 10 and 60 roles.
export const sub = '555000000001'

export const idTokenAssurance = {
  sub,
  acr: 'AAL3_ANY',
  amr: ['N3_SMARTCARD'],
  authentication_assurance_level: '3',
  id_assurance_level: '3',
}

const made = new Map()

export function userInfo(roles) {
  if (!made.has(roles)) made.set(roles, makeUserInfo(roles))
  return made.get(roles)
}

function makeUserInfo(roles) {
  return {
    sub,
    uid: sub,
    nhsid_useruid: sub,
    name: 'EXAMPLE Alex Mrs',
    given_name: 'Alex',
    family_name: 'EXAMPLE',
    middle_names: 'Jo',
    initials: 'A J',
    title: 'Mrs',
    display_name: 'Alex EXAMPLE',
    email: 'alex.example@nhs.net',
    idassurancelevel: '3',
    nhsid_nrbac_roles: Array.from({ length: roles }, (_, index) => ({
      person_orgid: `5550000${10000 + index}`,
      person_roleid: `5550001${10000 + index}`,
      org_code: `A${9000 + index}`,
      role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
      role_code: 'S8000:G8000:R8001',
      activities: ['View Patient Medication'],
      activity_codes: ['B0401'],
      // Not of every role: sixty would be more than 16 KB.
      ...(index < 10 && {
        workgroups: [`Example team ${index + 1}`],
        workgroups_codes: [`5550003${10000 + index}`],
      }),
    })),
    nhsid_user_orgs: [{ org_name: 'EXAMPLE HEALTH TRUST', org_code: 'A9000' }],
    nhsid_org_memberships: [
      { person_orgid: '555000010000', org_name: 'EXAMPLE HEALTH TRUST', org_code: 'A9000', gnc: 'G123456' },
    ],
    nhsid_org_roles: [{ person_orgid: '555000010000', org_name: 'EXAMPLE HEALTH TRUST', org_code: 'A9000' }],
    nmc_id: '12A3456E',
  }
}
