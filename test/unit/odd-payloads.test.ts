import { Cis2Error, parseUserInfo, type Cis2User } from '../../lib/index.js'
import { fc } from '../support/fast-check.js'

const idToken = {
  sub: '555000000001',
  id_assurance_level: '3',
  authentication_assurance_level: '3',
  auth_time: 1760000000,
}
const names = [
  'sub uid acr amr auth_time id_assurance_level authentication_assurance_level idassurancelevel selected_roleid',
  'nhsid_nrbac_roles nhsid_user_orgs nhsid_org_memberships person_roleid person_orgid org_code org_name',
  'role_name role_code activities activity_codes workgroups workgroups_codes aow aow_codes name gmc_id __proto__',
  'constructor toString length',
].flatMap((line) => line.split(' '))

// Beyond what JSON can say: the parser is a function of its own, for whoever has claims from elsewhere.
const anything = fc.anything({
  maxDepth: 3,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
})
const object = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), anything))
const role = fc
  .tuple(fc.constantFrom('1', '2', '012', ' '), object)
  .map(([id, odd]) => ({ ...odd, person_roleid: id }))
const list = fc.oneof(
  role,
  fc.array(role, { maxLength: 4 }),
  anything,
  object,
  fc.array(fc.oneof(object, anything), { maxLength: 4 }),
)
const id = fc.oneof(fc.constantFrom('1', '2', '3', ''), anything)
const claims = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), list)),
    fc.record({ nhsid_nrbac_roles: list, selected_roleid: id }, { requiredKeys: [] }),
  )
  .map(([odd, roles]) => ({ ...odd, ...roles }))
// Half of them have what every login must have, or none would get past it.
const tokens = fc.oneof(
  anything,
  claims,
  claims.map((odd) => ({ ...odd, uid: undefined, ...idToken })),
  claims.map((odd) => ({ ...idToken, ...odd })),
)
const userInfos = fc.oneof(
  anything,
  claims,
  claims.map((odd) => ({ ...odd, uid: undefined, sub: idToken.sub })),
)

const refusals = [
  'ERR_CIS2_USER_INVALID',
  'ERR_CIS2_ID_TOKEN_SUBJECT',
  'ERR_CIS2_USERINFO_SUBJECT',
  'ERR_CIS2_AUTH_TIME',
  'ERR_CIS2_AUTHENTICATION_ASSURANCE',
  'ERR_CIS2_IDENTITY_ASSURANCE',
]

/** The person, or the code of the refusal; any other error is the test's failure. */
function parse(token: unknown, userInfo: unknown): Cis2User | string {
  try {
    return parseUserInfo(token, userInfo)
  } catch (error) {
    if (error instanceof Cis2Error) return error.code
    throw error
  }
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''
const areTexts = (values: readonly unknown[]): boolean => values.every(isText)
const isLevel = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 99

/** What applications may rely on, whatever CIS2 sent. */
function brokenPromises(user: Cis2User, token: unknown): readonly string[] {
  const { roles, selectedRole, organisations } = user
  const counts = { only: roles.length === 1, none: roles.length === 0, ambiguous: roles.length > 1 }
  const promises = {
    'sub is the one of the ID token, and text':
      isText(user.sub) && user.sub === Reflect.get(Object(token), 'sub'),
    'the levels are levels':
      isLevel(user.identityAssuranceLevel) && isLevel(user.authenticationAssuranceLevel),
    'the time is a time': Number.isFinite(user.authTime) && user.authTime > 0,
    'amr is a list of texts': areTexts(user.amr),
    'names are texts': ['name', 'givenName', 'email', 'acr'].every(
      (name) => !Object.hasOwn(user, name) || isText(Reflect.get(user, name)),
    ),
    'professional ids are texts': areTexts(Object.values(user.professionalIds)),
    'organisations have something in them, and it is text': organisations.every(
      (each) => Object.keys(each).length > 0 && areTexts(Object.values(each)),
    ),
    'roles have ids': areTexts(roles.map(({ id }) => id)),
    'no id stands for two roles': new Set(roles.map(({ id }) => id)).size === roles.length,
    'lists in roles are lists of texts': roles.every((role) =>
      [role.nameParts, role.activityCodes, role.workgroupCodes].every(
        (texts) => Array.isArray(texts) && areTexts(texts),
      ),
    ),
    'coded names have a code or a name, and it is text': roles.every((role) =>
      [...role.activities, ...role.workgroups, ...role.areasOfWork].every(
        (row) => Object.keys(row).length > 0 && areTexts(Object.values(row)),
      ),
    ),
    'the selected role is one of the roles':
      selectedRole.outcome === 'selected' ||
      selectedRole.outcome === 'unknown' ||
      counts[selectedRole.outcome],
    'the selected role is theirs': !('role' in selectedRole) || roles.includes(selectedRole.role),
    'an unknown role is none of theirs':
      !('roleId' in selectedRole) || roles.every(({ id }) => id !== selectedRole.roleId),
  }
  return Object.entries(promises).flatMap(([promise, isKept]) => (isKept ? [] : [promise]))
}

describe('payloads as no provider should send them', () => {
  it('make a person that keeps every promise, or the parser’s own error', () => {
    let people = 0
    let withRole = 0
    const codes = new Set<string>()
    fc.assert(
      fc.property(tokens, userInfos, (token, userInfo) => {
        const user = parse(token, userInfo)
        if (typeof user === 'string') {
          codes.add(user)
          return
        }
        people += 1
        if (user.roles.length > 0) withRole += 1
        expect(brokenPromises(user, token)).toEqual([])
      }),
      { numRuns: 6000 },
    )
    // Otherwise all of them failed at the first check, and nothing has been tried.
    expect(people).toBeGreaterThan(300)
    expect(withRole).toBeGreaterThan(60)
    expect(refusals).toEqual(expect.arrayContaining([...codes]))
    expect(codes.size).toBeGreaterThan(3)
  })

  it('never make a level of what is none', () => {
    const level = fc.oneof(
      anything,
      fc.integer({ min: -5, max: 120 }),
      fc.constantFrom('3', '03', ' 3', '3 ', '10'),
    )
    let levels = 0
    fc.assert(
      fc.property(level, level, (authentication, identity) => {
        const token = {
          ...idToken,
          authentication_assurance_level: authentication,
          id_assurance_level: identity,
        }
        const user = parse(token, { sub: idToken.sub })
        if (typeof user === 'string') return
        levels += 1
        for (const said of [authentication, identity]) {
          expect(['string', 'number']).toContain(typeof said)
          expect(String(said)).toMatch(/^(?:0|[1-9]\d?)$/)
        }
        expect([user.authenticationAssuranceLevel, user.identityAssuranceLevel]).toEqual([
          Number(authentication),
          Number(identity),
        ])
      }),
      { numRuns: 3000 },
    )
    expect(levels).toBeGreaterThan(50)
  })
})
