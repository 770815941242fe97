import type { Request } from 'express'
import { contextOf } from '../request-context.js'
import { arrivalSeconds, type LiftableDenial } from './denial.js'

/**
 * What is wrong where the person's roles were read too long ago: nobody knows what they are now, so that neither a yes
 * nor a no can be trusted. Roles are read at a login and at no other time.
 */
export function staleRolesDenial(req: Request): LiftableDenial | undefined {
  const { wiring, session } = contextOf(req)
  const { maximumRoleAgeSeconds } = wiring.config
  if (maximumRoleAgeSeconds === Infinity) return undefined
  const ageSeconds = Date.now() / 1000 - (session?.loggedInAt ?? -Infinity)
  if (ageSeconds <= Math.max(maximumRoleAgeSeconds, arrivalSeconds)) return undefined
  return { reason: 'ERR_CIS2_ROLE_STALE', demand: { maxAuthAgeSeconds: maximumRoleAgeSeconds } }
}
