import type { Answer } from '../endpoint.js'
import { rolesOf } from '../people/person.js'
import { jsonReply, type Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { PlatformRefusal } from './platform-refusal.js'
import type { PlatformGrant } from './platform-state.js'

/** `GET /user-restricted/whoami`: an API of the platform's that tells whom the token and the role header name. */
export const answerPlatformApi: Answer = (request, state) => {
  try {
    const [, token] = /^Bearer ([\w-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    const grant = state.platform.accessTokens.get(token ?? '')
    if (!grant) {
      const why = token === undefined ? 'there is no Bearer token' : 'the token is unknown or has expired'
      throw new PlatformRefusal(401, 'invalid_token', 'access token is invalid or has expired', why)
    }
    return describe(grant, request.headers['nhsd-session-urid'], state)
  } catch (error) {
    if (error instanceof PlatformRefusal) return error.toReply()
    throw error
  }
}

function describe(
  { sub, selectedRoleId, application }: PlatformGrant,
  header: string | string[] | undefined,
  { people }: SimulatorState,
): Reply {
  const person = people.find(({ claims }) => claims.sub === sub)
  const roles = person ? rolesOf(person) : []
  const refuse = (description: string) => new PlatformRefusal(400, 'invalid_request', description)
  if (roles.length === 0) throw refuse('no userroles available')
  const wanted = header ?? (selectedRoleId === '' ? undefined : selectedRoleId)
  if (wanted === undefined && roles.length > 1)
    throw refuse('multiple roles found in user info, please check NHSD-Session-URID')
  const role = wanted === undefined ? roles[0] : roles.find(({ id }) => id === wanted)
  if (!role)
    throw refuse(
      header === undefined ? 'selected_roleid is misconfigured/invalid' : 'NHSD-Session-URID is invalid',
    )
  return jsonReply(200, {
    sub,
    roleId: role.id,
    role: role.name,
    organisation: role.organisation,
    apiKey: application.apiKey,
  })
}
