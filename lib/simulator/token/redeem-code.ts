import { createHash } from 'node:crypto'
import type { Grant } from '../authorize/login.js'
import type { RegisteredClient } from '../simulator-client.js'
import type { SimulatorState } from '../simulator-state.js'
import { invalidGrant, TokenRefusal } from './token-refusal.js'

const codeLifetime = 120_000

/**
 * Takes a code, once. A second use also withdraws what the first one brought.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export function redeemCode(form: URLSearchParams, client: RegisteredClient, state: SimulatorState): Grant {
  const grant = state.codes.get(parameter(form, 'code'))
  if (!grant) throw invalidGrant('the code is unknown')
  const { request, at } = grant.login
  if (grant.accessToken !== undefined) {
    state.accessTokens.delete(grant.accessToken)
    throw invalidGrant('the code was used before')
  }
  const redirectUri = parameter(form, 'redirect_uri')
  if (redirectUri !== request.redirectUri)
    throw invalidGrant(`redirect_uri is '${redirectUri}', the code was sent to '${request.redirectUri}'`)
  if (client.clientId !== request.client.clientId) throw invalidGrant('the code was issued to another client')
  if (Date.now() - at > codeLifetime) throw invalidGrant('the code is older than 120 seconds')
  checkVerifier(form, request.codeChallenge)
  return grant
}

/** @see https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
function checkVerifier(form: URLSearchParams, challenge: string | undefined): void {
  const verifier = form.get('code_verifier')
  if (challenge === undefined) {
    if (verifier !== null) throw invalidGrant('code_verifier was sent, but no code_challenge before')
    return
  }
  if (!/^[\w.~-]{43,128}$/.test(parameter(form, 'code_verifier')))
    throw invalidGrant('code_verifier is not 43 to 128 unreserved characters')
  const hash = createHash('sha256').update(parameter(form, 'code_verifier')).digest('base64url')
  if (hash !== challenge) throw invalidGrant('code_verifier does not match code_challenge')
}

function parameter(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value === null || value === '')
    throw new TokenRefusal('invalid_request', `Missing parameter, '${name}'`, `${name} is missing`)
  return value
}
