import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { htmlReply } from '../pages/page-layout.js'
import { rolePickerPage } from '../pages/role-picker-page.js'
import { nameOf, rolesOf, type Person } from '../people/person.js'
import { jsonReply, type Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { answerClient, refuseClient } from './answer-client.js'
import { reachAssurance } from './assurance.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { acceptsOnlyJson, refusePerson } from './refuse-person.js'

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
  const wanted = form.get('person') ?? ''
  const person = findPerson(state.people, wanted)
  if (!person) {
    const known = state.people.map(({ key }) => key).join(', ')
    return refuseChoice(`there is no person '${wanted}'; there are ${known}`, request, state)
  }
  const role = chooseRole(authorization, person, form.get('role'))
  if (role === 'ask' && acceptsOnlyJson(request)) return jsonReply(200, { roles: rolesOf(person) })
  if (role === 'ask') {
    const page = rolePickerPage(person)
    return htmlReply(200, page, state.issuerPath, authorization.redirectUri)
  }
  if (role === 'fixed') {
    const refusal = `CIS2 always selects the role '${person.selectedRoleId ?? ''}' for ${person.key}: choose no other`
    return refuseChoice(refusal, request, state)
  }
  if (role === 'unknown') {
    const ids = rolesOf(person).map(({ id }) => id)
    const refusal = `${person.key} has no role '${form.get('role') ?? ''}'; there are ${ids.join(', ')}`
    return refuseChoice(refusal, request, state)
  }
  const code = issueCode(authorization, person, person.selectedRoleId ?? role.id, state)
  return answerClient(authorization, { code }, request, state)
}

/** By key, as the page posts it; a test may know the person by `sub` or name. */
function findPerson(people: readonly Person[], wanted: string): Person | undefined {
  return (
    people.find(({ key }) => key === wanted) ??
    people.find((person) => person.claims.sub === wanted || nameOf(person) === wanted)
  )
}

type RoleChoice = 'ask' | 'unknown' | 'fixed' | { id: string | undefined }

function chooseRole({ scope }: AuthorizationRequest, person: Person, chosen: string | null): RoleChoice {
  if (!scope.includes('selectedrole') && !scope.includes('changedrole')) return { id: undefined }
  const ids = new Set(rolesOf(person).map(({ id }) => id))
  if (person.selectedRoleId !== undefined)
    return chosen === null || chosen === person.selectedRoleId ? { id: person.selectedRoleId } : 'fixed'
  if (chosen !== null) return ids.has(chosen) ? { id: chosen } : 'unknown'
  return ids.size > 1 ? 'ask' : { id: [...ids][0] }
}

function refuseChoice(refusal: string, request: Request, { issuerPath }: SimulatorState): Reply {
  return refusePerson(
    { error: 'invalid_request', description: 'Invalid request.', refusal },
    request,
    issuerPath,
  )
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
