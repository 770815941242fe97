import type { Cis2User } from '../user/user.js'

/** Every reason that a guard may give. */
export const denialReasons = [
  'ERR_CIS2_ACCESS_DENIED',
  'ERR_CIS2_ROLE_NONE',
  'ERR_CIS2_ROLE_NOT_CHOSEN',
  'ERR_CIS2_ROLE_UNKNOWN',
  'ERR_CIS2_ROLE_STALE',
  'ERR_CIS2_ROLE_WRONG',
  'ERR_CIS2_ACTIVITY_MISSING',
  'ERR_CIS2_ORGANISATION_WRONG',
  'ERR_CIS2_WORKGROUP_MISSING',
  'ERR_CIS2_ASSURANCE_TOO_LOW',
] as const

/** Why somebody who is logged in is not allowed: the error's code. */
export type DenialReason = (typeof denialReasons)[number]

export function isDenialReason(value: unknown): value is DenialReason {
  return denialReasons.some((reason) => reason === value)
}

/** What a rule finds when it does not allow. */
export interface Denial {
  readonly reason: DenialReason
  /** What a stronger or newer login would have to be to be allowed. */
  readonly demand?: AssuranceDemand
}

/** A denial that a stronger or newer login would lift. */
export type LiftableDenial = Required<Denial>

/** How long somebody who has just come back from CIS2 gets to see the page, in seconds, however short a limit is. */
export const arrivalSeconds = 10

/** How strongly and how lately a person must have authenticated. */
export interface AssuranceDemand {
  /** The lowest authentication assurance level, 1 to 3. */
  readonly authentication?: 1 | 2 | 3
  /** How long ago the person may have authenticated, in seconds. */
  readonly maxAuthAgeSeconds?: number
}

/** What is wrong with the selected role, where that alone is a reason. */
export function roleDenial({ selectedRole }: Cis2User): Denial | undefined {
  switch (selectedRole.outcome) {
    case 'selected':
    case 'only':
      return undefined
    case 'ambiguous':
      return { reason: 'ERR_CIS2_ROLE_NOT_CHOSEN' }
    case 'unknown':
      return { reason: 'ERR_CIS2_ROLE_UNKNOWN' }
    case 'none':
      return { reason: 'ERR_CIS2_ROLE_NONE' }
  }
}
