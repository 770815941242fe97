import { Cis2Error, parseUserInfo, type Cis2User } from '../../lib/index.js'
import { fc } from '../support/fast-check.js'

const idToken = {
  sub: '555000000001',
  acr: 'AAL3_ANY',
  amr: ['N3_SMARTCARD'],
  id_assurance_level: '3',
  authentication_assurance_level: '3',
  auth_time: 1760000000,
}
const nurse = {
  person_orgid: '555000000101',
  person_roleid: '555000000102',
  org_code: 'X26',
  role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
  role_code: 'S8000:G8000:R8001',
  activities: ['Perform Prescription Preparation'],
  activity_codes: ['B0278'],
  workgroups: ['exampleteam'],
  workgroups_codes: ['555000000900'],
  aow: ['"Patient Care":"Community":"Example"'],
  aow_codes: ['P0020:Q0300:T0640'],
}
const clerk = { person_roleid: '555000000202', org_code: 'A83001' }

function parse(userInfo: Record<string, unknown> = {}, token: Record<string, unknown> = {}): Cis2User {
  return parseUserInfo({ ...idToken, ...token }, { sub: idToken.sub, ...userInfo })
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Cis2Error) return error.code
    throw error
  }
  return 'accepted'
}

describe('a person', () => {
  it('has every claim under a plain name', () => {
    const user = parse({
      name: 'EXAMPLE Ann (Dr)',
      given_name: 'Ann',
      family_name: 'Example',
      middle_names: '',
      title: 'Dr',
      nhsid_nrbac_roles: [nurse],
      nhsid_user_orgs: [{ org_name: 'EXAMPLE TRUST', org_code: 'x26' }],
      nmc_id: '12A',
      gmc_id: '',
    })
    expect(user).toMatchObject({
      sub: '555000000001',
      name: 'EXAMPLE Ann (Dr)',
      givenName: 'Ann',
      identityAssuranceLevel: 3,
      authenticationAssuranceLevel: 3,
      acr: 'AAL3_ANY',
      amr: ['N3_SMARTCARD'],
      authTime: 1760000000,
      professionalIds: { nmc: '12A' },
    })
    expect(user).not.toHaveProperty('middleNames')
    expect(user.professionalIds).not.toHaveProperty('gmc')
    expect(user.roles).toEqual([
      {
        id: '555000000102',
        organisation: { id: '555000000101', code: 'X26', name: 'EXAMPLE TRUST' },
        code: 'S8000:G8000:R8001',
        jobRole: 'R8001',
        name: 'Nurse Access Role',
        nameParts: ['Clinical', 'Clinical Provision', 'Nurse Access Role'],
        activities: [{ code: 'B0278', name: 'Perform Prescription Preparation' }],
        activityCodes: ['B0278'],
        workgroups: [{ code: '555000000900', name: 'exampleteam' }],
        workgroupCodes: ['555000000900'],
        areasOfWork: [{ code: 'P0020:Q0300:T0640', name: 'Example' }],
      },
    ])
  })

  it('may lack UserInfo altogether', () => {
    expect(parseUserInfo(idToken, undefined)).toMatchObject({
      roles: [],
      selectedRole: { outcome: 'none' },
      claims: {},
    })
  })

  it.each([
    [3, '3'],
    ['3', 3],
    ['2', 2],
  ])('has levels sent as %p and %p', (identity, authentication) => {
    const user = parse({}, { id_assurance_level: identity, authentication_assurance_level: authentication })
    expect([user.identityAssuranceLevel, user.authenticationAssuranceLevel]).toEqual([
      Number(identity),
      Number(authentication),
    ])
  })

  it('has the identity level of UserInfo where the ID token is silent, and never against it', () => {
    expect(parse({ idassurancelevel: '2' }, { id_assurance_level: undefined }).identityAssuranceLevel).toBe(2)
    expect(parse({ idassurancelevel: '3' }, { id_assurance_level: '1' }).identityAssuranceLevel).toBe(1)
    expect(codeOf(() => parse({ idassurancelevel: '3' }, { id_assurance_level: '' }))).toBe(
      'ERR_CIS2_IDENTITY_ASSURANCE',
    )
  })

  describe('whom the ID token and UserInfo describe differently', () => {
    const token = {
      name: 'TOKEN Ann',
      gmc_id: 'token',
      selected_roleid: nurse.person_roleid,
      nhsid_nrbac_roles: [nurse],
      nhsid_user_orgs: [{ org_code: 'X26', org_name: 'TOKEN TRUST' }],
    }
    const userInfo = {
      name: 'OTHER Ann',
      email: 'ann@example.test',
      gmc_id: 'other',
      selected_roleid: clerk.person_roleid,
      nhsid_nrbac_roles: [clerk],
      nhsid_user_orgs: [{ org_code: 'A83001', org_name: 'OTHER TRUST' }],
    }

    it('is as the ID token says, and as UserInfo says where that says nothing', () => {
      const user = parse(userInfo, token)
      expect(user).toMatchObject({
        name: 'TOKEN Ann',
        email: 'ann@example.test',
        professionalIds: { gmc: 'token' },
        selectedRole: { outcome: 'selected', role: { id: nurse.person_roleid } },
        organisations: [{ code: 'X26', name: 'TOKEN TRUST' }],
      })
      expect(user.roles.map(({ id }) => id)).toEqual([nurse.person_roleid])
      const blank = Object.fromEntries(Object.keys(token).map((name) => [name, '']))
      expect(parse(userInfo, blank)).toEqual(parse(userInfo))
    })

    it('has claims as UserInfo sent them', () => {
      expect(parse(userInfo, token).claims).toEqual({ sub: idToken.sub, ...userInfo })
    })

    it('has what the ID token says when UserInfo is switched off', () => {
      expect(parseUserInfo({ ...idToken, ...token }, undefined)).toMatchObject({
        name: 'TOKEN Ann',
        selectedRole: { outcome: 'selected' },
        claims: {},
      })
    })

    it('is made of members of their own only', () => {
      const odd: unknown = JSON.parse(
        `{ "__proto__": { "name": "x", "nhsid_nrbac_roles": [{ "person_roleid": "1" }] } }`,
      )
      const both = parseUserInfo({ ...idToken, ...(odd as object) }, { sub: idToken.sub, ...(odd as object) })
      expect(both).not.toHaveProperty('name')
      expect(both.roles).toEqual([])
    })

    it('has too many roles where the ID token has them', () => {
      const nhsid_nrbac_roles = Array.from({ length: 1001 }, () => nurse)
      expect(codeOf(() => parse({}, { nhsid_nrbac_roles }))).toBe('ERR_CIS2_USER_INVALID')
    })
  })

  it('may come with its identifier twice, or blank', () => {
    expect(parse({ uid: idToken.sub }, { uid: idToken.sub }).sub).toBe(idToken.sub)
    expect(parse({ uid: '' }, { uid: '' }).sub).toBe(idToken.sub)
  })

  it('has the identity level under the name of UserInfo in the ID token too', () => {
    expect(parse({}, { id_assurance_level: undefined, idassurancelevel: '3' }).identityAssuranceLevel).toBe(3)
  })

  it('has the identity level under the name of the ID token in UserInfo too', () => {
    const token = { id_assurance_level: undefined }
    expect(parse({ id_assurance_level: '3' }, token).identityAssuranceLevel).toBe(3)
    expect(parse({ id_assurance_level: '3', idassurancelevel: '1' }, token).identityAssuranceLevel).toBe(1)
    expect(codeOf(() => parse({ id_assurance_level: '3', idassurancelevel: '' }, token))).toBe(
      'ERR_CIS2_IDENTITY_ASSURANCE',
    )
  })

  it('has several roles in one organisation, and one role in several, each by its own id', () => {
    const { roles, selectedRole } = parse(
      {
        nhsid_nrbac_roles: [
          { ...nurse, person_roleid: '1' },
          { ...nurse, person_roleid: '2', role_code: 'S8000:G8000:R8003' },
          { ...nurse, person_roleid: '3', org_code: 'A83001' },
        ],
      },
      { selected_roleid: '3' },
    )
    expect(roles.map(({ id, jobRole, organisation }) => [id, jobRole, organisation.code])).toEqual([
      ['1', 'R8001', 'X26'],
      ['2', 'R8003', 'X26'],
      ['3', 'R8001', 'A83001'],
    ])
    expect(selectedRole).toMatchObject({ outcome: 'selected', role: { id: '3' } })
  })

  it('keeps ids as text, leading zeros included', () => {
    const roles = [{ ...clerk, person_roleid: '012345678901' }]
    expect(parse({ nhsid_nrbac_roles: roles }).roles[0]?.id).toBe('012345678901')
  })
})

describe('an odd role list', () => {
  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', []],
    ['an empty string', ''],
    ['plain text', 'roles'],
    ['a number', 5],
    ['of an empty object', [{}]],
    ['of null and text', [null, 'role', 5, []]],
    ['of a role without an id', [{ role_code: 'S1:G1:R1' }]],
    ['of a role with a number for an id', [{ person_roleid: 555000000102 }]],
  ])('means no roles: %s', (_, list) => {
    expect(parse({ nhsid_nrbac_roles: list })).toMatchObject({ roles: [], selectedRole: { outcome: 'none' } })
  })

  it('may be one bare object, and so may lists inside it', () => {
    const user = parse({ nhsid_nrbac_roles: { ...nurse, activities: 'One', activity_codes: 'B0001' } })
    expect(user.selectedRole.outcome).toBe('only')
    expect(user.roles[0]?.activities).toEqual([{ code: 'B0001', name: 'One' }])
  })

  it('may leave out everything but the id', () => {
    expect(parse({ nhsid_nrbac_roles: [{ person_roleid: '1' }] }).roles).toEqual([
      {
        id: '1',
        organisation: {},
        nameParts: [],
        activities: [],
        activityCodes: [],
        workgroups: [],
        workgroupCodes: [],
        areasOfWork: [],
      },
    ])
  })

  it('with one id twice keeps the first', () => {
    const { roles, selectedRole } = parse({ nhsid_nrbac_roles: [nurse, { ...nurse, role_code: 'S0:G0:R0' }] })
    expect(roles.map(({ code }) => code)).toEqual(['S8000:G8000:R8001'])
    expect(selectedRole.outcome).toBe('only')
  })

  it('keeps colons inside quotes, slashes and ampersands of a role name', () => {
    const role = { ...nurse, role_name: '"Support":"A:B & C-D":"Admin/Clinical Support"' }
    expect(parse({ nhsid_nrbac_roles: [role] }).roles[0]?.nameParts).toEqual([
      'Support',
      'A:B & C-D',
      'Admin/Clinical Support',
    ])
  })

  it('does not pair lists of different lengths', () => {
    const role = { ...nurse, workgroups: ['one', 'two'], workgroups_codes: ['1'] }
    expect(parse({ nhsid_nrbac_roles: [role] }).roles[0]).toMatchObject({
      workgroups: [{ code: '1' }, { name: 'one' }, { name: 'two' }],
      workgroupCodes: ['1'],
    })
  })

  it('longer than 1,000 entries is refused', () => {
    const roles = Array.from({ length: 1001 }, (_, index) => ({ person_roleid: String(index) }))
    expect(codeOf(() => parse({ nhsid_nrbac_roles: roles }))).toBe('ERR_CIS2_USER_INVALID')
    expect(parse({ nhsid_nrbac_roles: roles.slice(1) }).roles).toHaveLength(1000)
  })
})

describe('the selected role', () => {
  const roles = { nhsid_nrbac_roles: [nurse, clerk] }

  it('is never silently the first', () => {
    expect(parse(roles).selectedRole).toEqual({ outcome: 'ambiguous' })
    expect(parse(roles, { selected_roleid: '' }).selectedRole).toEqual({ outcome: 'ambiguous' })
  })

  it('is the one chosen at CIS2, told by the ID token or else UserInfo', () => {
    expect(parse(roles, { selected_roleid: '555000000202' }).selectedRole).toMatchObject({
      outcome: 'selected',
      role: { id: '555000000202' },
    })
    expect(parse({ ...roles, selected_roleid: '555000000102' }).selectedRole).toMatchObject({
      role: { id: '555000000102' },
    })
    expect(
      parse({ ...roles, selected_roleid: '555000000102' }, { selected_roleid: '555000000202' }).selectedRole,
    ).toMatchObject({
      role: { id: '555000000202' },
    })
  })

  it('that is not in the list is unknown, even with one role', () => {
    expect(parse({ nhsid_nrbac_roles: [nurse] }, { selected_roleid: '9' }).selectedRole).toEqual({
      outcome: 'unknown',
      roleId: '9',
    })
  })

  it.each([[555000000102], [['555000000102']], [{ id: '555000000102' }], [true], [0]])(
    'that is no text is unknown, and not the only role: %j',
    (selected_roleid) => {
      const expected = { outcome: 'unknown', roleId: '' }
      expect(parse({ nhsid_nrbac_roles: [nurse] }, { selected_roleid }).selectedRole).toEqual(expected)
      expect(parse({ nhsid_nrbac_roles: [nurse], selected_roleid }).selectedRole).toEqual(expected)
    },
  )
})

describe('organisations', () => {
  it('are joined by code from both lists, whatever the case', () => {
    const user = parse({
      nhsid_user_orgs: [{ org_name: 'ONE', org_code: 'X26' }, 'text', null, {}],
      nhsid_org_memberships: { person_orgid: '1', org_code: 'x26', org_name: 'other', gnc: '' },
    })
    expect(user.organisations).toEqual([{ id: '1', code: 'X26', name: 'ONE' }])
  })

  it('leave a role without a name when they do not hold its code', () => {
    expect(parse({ nhsid_nrbac_roles: [clerk] }).roles[0]?.organisation).toEqual({ code: 'A83001' })
  })
})

describe('a person is refused', () => {
  it.each([
    ['ERR_CIS2_USER_INVALID', null, undefined],
    ['ERR_CIS2_USER_INVALID', [], undefined],
    ['ERR_CIS2_USER_INVALID', 'token', undefined],
    ['ERR_CIS2_USER_INVALID', idToken, []],
    ['ERR_CIS2_USER_INVALID', idToken, 'text'],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, sub: undefined }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, sub: '' }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, sub: 555000000001 }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, sub: 'a\nb' }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, sub: 'a'.repeat(256) }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, uid: '555000000002' }, { sub: idToken.sub }],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, { sub: idToken.sub, uid: '555000000002' }],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, uid: 555000000002 }, undefined],
    ['ERR_CIS2_ID_TOKEN_SUBJECT', { ...idToken, uid: ['555000000002'] }, undefined],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, { sub: idToken.sub, uid: { of: '555000000002' } }],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, {}],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, { sub: '555000000001 ' }],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, { sub: 555000000001 }],
    ['ERR_CIS2_USERINFO_SUBJECT', idToken, null],
    ['ERR_CIS2_AUTH_TIME', { ...idToken, auth_time: '1760000000' }, undefined],
    ['ERR_CIS2_AUTH_TIME', { ...idToken, auth_time: 0 }, undefined],
    [
      'ERR_CIS2_AUTHENTICATION_ASSURANCE',
      { ...idToken, authentication_assurance_level: undefined },
      undefined,
    ],
    ['ERR_CIS2_AUTHENTICATION_ASSURANCE', { ...idToken, authentication_assurance_level: '3abc' }, undefined],
    ['ERR_CIS2_AUTHENTICATION_ASSURANCE', { ...idToken, authentication_assurance_level: ['3'] }, undefined],
    ['ERR_CIS2_IDENTITY_ASSURANCE', { ...idToken, id_assurance_level: undefined }, { sub: idToken.sub }],
    [
      'ERR_CIS2_IDENTITY_ASSURANCE',
      { ...idToken, id_assurance_level: null },
      { sub: idToken.sub, idassurancelevel: 3 },
    ],
  ])('with %s: %j, %j', (code, token, userInfo) => {
    expect(codeOf(() => parseUserInfo(token, userInfo))).toBe(code)
  })

  it('when what must be there stands on the prototype only', () => {
    expect(codeOf(() => parseUserInfo(Object.create(idToken), undefined))).toBe('ERR_CIS2_ID_TOKEN_SUBJECT')
  })
})

describe('arbitrary JSON', () => {
  const names = [
    'sub',
    'acr',
    'amr',
    'auth_time',
    'id_assurance_level',
    'authentication_assurance_level',
    'idassurancelevel',
    'selected_roleid',
    'nhsid_nrbac_roles',
    'nhsid_user_orgs',
    'nhsid_org_memberships',
    'person_roleid',
    'org_code',
    'org_name',
    'role_name',
    'role_code',
    'activities',
    'activity_codes',
    'workgroups',
    'workgroups_codes',
    'aow',
    'aow_codes',
    'name',
    '__proto__',
    'constructor',
    'toString',
  ]
  const json = fc.jsonValue()
  const role = fc.dictionary(fc.constantFrom(...names), fc.oneof(json, fc.array(fc.string())))
  const claims = fc.dictionary(fc.constantFrom(...names), fc.oneof(json, fc.array(role), role))

  it('beside sound claims always makes a person whose lists are lists', () => {
    fc.assert(
      fc.property(claims, (odd) => {
        const user = parseUserInfo(idToken, { ...odd, sub: idToken.sub })
        expect(user.sub).toBe(idToken.sub)
        for (const each of user.roles) {
          expect(typeof each.id).toBe('string')
          for (const list of [
            each.nameParts,
            each.activities,
            each.activityCodes,
            each.workgroups,
            each.workgroupCodes,
            each.areasOfWork,
          ])
            expect(Array.isArray(list)).toBe(true)
          for (const code of [...each.activityCodes, ...each.workgroupCodes, ...each.nameParts])
            expect(typeof code).toBe('string')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
