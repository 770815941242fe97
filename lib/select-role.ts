import { describeCall, requireSession, type RouteCall } from './create-route.js'
import { AccessError } from './errors.js'
import { renewSession } from './session/renew-session.js'
import { readLogin } from './session/user-session.js'
import { resolveSelectedRole } from './user/selected-role.js'
import type { Wiring } from './wiring.js'

/**
 * Lets the person who is logged in work in another of their roles. The login goes on under a new session id, with the
 * limits that it had; of the application's own session survives what survives a login too (`session.carryOver`).
 *
 * @param roleId a `person_roleid` of the person's own
 * @throws {AccessError} `ERR_CIS2_NOT_LOGGED_IN`, `ERR_CIS2_ROLE_NOT_OWN`
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`, `ERR_CIS2_SESSION_UNAVAILABLE`
 */
export async function selectRole(
  call: RouteCall,
  roleId: string,
  route: string,
  wiring: Wiring,
): Promise<void> {
  const { req } = call
  requireSession(req, wiring)
  const login = readLogin(req, wiring)
  if (login === undefined) throw new AccessError('ERR_CIS2_NOT_LOGGED_IN')
  const { user, record } = login
  call.sub = user.sub
  if (resolveSelectedRole(user.roles, roleId).outcome !== 'selected')
    throw new AccessError('ERR_CIS2_ROLE_NOT_OWN')
  const inRole = { ...record, roleId, lastSeenAt: Date.now() / 1000 }
  const { config, provider } = wiring
  await renewSession(req, inRole, config.carryOver, provider.startBudget())
  wiring.events.emit('role.selected', { ...describeCall(call, route), outcome: 'success' })
}
