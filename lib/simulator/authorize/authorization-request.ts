import type { RegisteredClient } from '../simulator-client.js'

/** What a browser asks for at `/authorize`, once it has been checked. */
export interface AuthorizationRequest {
  readonly client: RegisteredClient
  readonly redirectUri: string
  readonly responseMode: 'query' | 'form_post'
  readonly state?: string
  readonly scope: readonly string[]
  readonly nonce?: string
  /** S256. */
  readonly codeChallenge?: string
  readonly acrValues: readonly string[]
}

/** Where an answer can go: known as soon as client and redirect URI are. */
export type AnswerTarget = Pick<AuthorizationRequest, 'client' | 'redirectUri' | 'responseMode' | 'state'>

/** A request that cannot be granted: without a target the person sees a page, with one the client is told. */
export interface AuthorizationRefusal {
  readonly error: string
  readonly description: string
  readonly refusal: string
  readonly target?: AnswerTarget
}
