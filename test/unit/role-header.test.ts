import { buildRoleHeader, PlatformError, type Cis2Role, type SelectedRole } from '../../lib/index.js'

const role = (id: string): Cis2Role => ({
  id,
  organisation: {},
  nameParts: [],
  activities: [],
  activityCodes: [],
  workgroups: [],
  workgroupCodes: [],
  areasOfWork: [],
})

function codeOf(selectedRole: SelectedRole): unknown {
  try {
    return buildRoleHeader({ selectedRole })
  } catch (error) {
    return error instanceof PlatformError ? error.code : error
  }
}

describe('the role header', () => {
  it.each(['selected', 'only'] as const)('names the role that is %s', (outcome) => {
    const selectedRole = { outcome, role: role('555000001001') }
    expect(buildRoleHeader({ selectedRole })).toEqual({ 'NHSD-Session-URID': '555000001001' })
  })

  it.each<[SelectedRole, string]>([
    [{ outcome: 'ambiguous' }, 'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN'],
    [{ outcome: 'unknown', roleId: '1' }, 'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN'],
    [{ outcome: 'none' }, 'ERR_CIS2_PLATFORM_ROLE_MISSING'],
    [{ outcome: 'only', role: role('1\r\nX-Other: 2') }, 'ERR_CIS2_PLATFORM_ROLE_MISSING'],
    [{ outcome: 'only', role: role('') }, 'ERR_CIS2_PLATFORM_ROLE_MISSING'],
    [{ outcome: 'selected', role: role('9'.repeat(256)) }, 'ERR_CIS2_PLATFORM_ROLE_MISSING'],
  ])('is refused for %j', (selectedRole, code) => {
    expect(codeOf(selectedRole)).toBe(code)
  })

  it.each<[SelectedRole, string]>([
    [{ outcome: 'ambiguous' }, 'Choose your role'],
    [{ outcome: 'unknown', roleId: '1' }, 'Choose your role'],
    [{ outcome: 'none' }, 'You do not have a role'],
  ])(
    'that is refused for %j tells the person "%s", and not that their role is the wrong one',
    (selectedRole, title) => {
      expect(() => buildRoleHeader({ selectedRole })).toThrow(expect.objectContaining({ publicTitle: title }))
    },
  )
})
