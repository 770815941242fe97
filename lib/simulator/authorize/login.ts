import type { Person } from '../people/person.js'
import type { AuthorizationRequest } from './authorization-request.js'

/** A person who has logged in for one authorization request; the code stands for it. */
export interface Login {
  readonly request: AuthorizationRequest
  readonly person: Person
  readonly sid: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly acr: string
  readonly level: number
  readonly selectedRoleId?: string
}

/** What a code is good for. */
export interface Grant {
  readonly login: Login
  /** Set once the code has been used. */
  accessToken?: string
}
