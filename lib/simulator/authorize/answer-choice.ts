import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { errorPage } from '../pages/error-page.js'
import { htmlReply } from '../pages/page-layout.js'
import { rolePickerPage } from '../pages/role-picker-page.js'
import { rolesOf, type Person } from '../people/person.js'
import type { Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { answerClient, refuseClient } from './answer-client.js'
import { reachAssurance } from './assurance.js'
import type { AuthorizationRequest } from './authorization-request.js'

// Longer than a code is good for, so that an expired one can be told from an unknown one.
const codeMemory = 60 * 60 * 1000

/** Takes the pickers' forms: `person`, then `role` where one has to be chosen, or `cancel`. */
export function answerChoice(
  authorization: AuthorizationRequest,
  form: URLSearchParams,
  request: Request,
  state: SimulatorState,
): Reply {
  if (form.has('cancel')) {
    const description = 'The resource owner or authorization server denied the request.'
    const refused = { error: 'access_denied', description, refusal: 'the person cancelled' }
    return refuseClient(refused, authorization, request, state)
  }
  const person = state.people.find(({ key }) => key === form.get('person'))
  if (!person) return refuseChoice(`there is no person '${form.get('person') ?? ''}'`, state)
  const role = chooseRole(authorization, person, form.get('role'))
  if (role === 'ask') {
    const page = rolePickerPage(person)
    return htmlReply(200, page, state.issuerPath, authorization.redirectUri)
  }
  if (role === 'unknown') return refuseChoice(`${person.key} has no role '${form.get('role') ?? ''}'`, state)
  const code = issueCode(authorization, person, person.selectedRoleId ?? role.id, state)
  return answerClient(authorization, { code }, request, state)
}

type RoleChoice = 'ask' | 'unknown' | { id: string | undefined }

function chooseRole({ scope }: AuthorizationRequest, person: Person, chosen: string | null): RoleChoice {
  if (!scope.includes('selectedrole') && !scope.includes('changedrole')) return { id: undefined }
  const ids = new Set(rolesOf(person).map(({ id }) => id))
  if (person.selectedRoleId !== undefined) return { id: person.selectedRoleId }
  if (chosen !== null) return ids.has(chosen) ? { id: chosen } : 'unknown'
  return ids.size > 1 ? 'ask' : { id: [...ids][0] }
}

function refuseChoice(refusal: string, { issuerPath }: SimulatorState): Reply {
  return { ...htmlReply(400, errorPage('invalid_request', 'Invalid request.', refusal), issuerPath), refusal }
}

function issueCode(
  request: AuthorizationRequest,
  person: Person,
  selectedRoleId: string | undefined,
  state: SimulatorState,
): string {
  const code = randomBytes(24).toString('base64url')
  const at = Date.now()
  const login = {
    request,
    person,
    at,
    sid: randomBytes(20).toString('base64'),
    ...reachAssurance(request.acrValues, person.authenticationLevel ?? 3),
    ...(selectedRoleId === undefined ? {} : { selectedRoleId }),
  }
  state.codes.set(code, { login }, at + codeMemory)
  return code
}
