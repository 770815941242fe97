import { PlatformError } from '../errors.js'
import type { Cis2User } from '../user/user.js'

/** The header in which APIs of the platform want the role that the person acts in. */
export interface RoleHeader {
  readonly 'NHSD-Session-URID': string
}

/**
 * The role header for calls to user-restricted APIs: the person's selected role, or their only one. Never a guess.
 *
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN`, `ERR_CIS2_PLATFORM_ROLE_MISSING`
 * @since 0.1.0
 */
export function buildRoleHeader({ selectedRole }: Pick<Cis2User, 'selectedRole'>): RoleHeader {
  switch (selectedRole.outcome) {
    case 'selected':
    case 'only': {
      const { id } = selectedRole.role
      if (/^[\x21-\x7e]{1,255}$/.test(id)) return { 'NHSD-Session-URID': id }
      throw new PlatformError(
        'ERR_CIS2_PLATFORM_ROLE_MISSING',
        'the id of the role cannot be sent in a header',
      )
    }
    case 'ambiguous':
      throw new PlatformError('ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN')
    case 'unknown':
      throw new PlatformError(
        'ERR_CIS2_PLATFORM_ROLE_NOT_CHOSEN',
        "the role that was selected at CIS2 is none of the person's",
      )
    case 'none':
      throw new PlatformError('ERR_CIS2_PLATFORM_ROLE_MISSING')
  }
}
