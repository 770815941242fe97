import type { RegisteredClient } from '../simulator-client.js'
import type { SimulatorState } from '../simulator-state.js'
import { endpointPaths } from '../issuer-address.js'
import { checkIssuerAndSubject, checkNotExpired, checkTimesAndId } from './check-assertion-claims.js'
import { checkAssertionSignature } from './check-assertion-signature.js'
import { checkAudience } from './check-audience.js'
import { parseClientAssertion } from './client-assertion.js'
import { notValid, TokenRefusal } from './token-refusal.js'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a token request brings to authenticate its client. */
export interface TokenRequest {
  readonly form: URLSearchParams
  readonly authorization: string | undefined
  /** Epoch seconds, by the simulator's clock. */
  readonly now: number
}

/**
 * Authenticates a client by `private_key_jwt` and nothing else, one cause after the other in the order in which
 * CIS2's product family tests them.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication
 */
export async function authenticateClient(
  { form, authorization, now }: TokenRequest,
  state: SimulatorState,
): Promise<RegisteredClient> {
  const text = checkMethod(form, authorization)
  const assertion = parseClientAssertion(text)
  const clientId = checkIssuerAndSubject(assertion, form.get('client_id'))
  const client = state.clients.get(clientId)
  if (!client) throw failed(`the client '${clientId}' is not registered`)
  checkNotExpired(assertion, now)
  await checkAssertionSignature(assertion, client, form.get('redirect_uri') ?? '', state)
  const jti = checkTimesAndId(assertion, now)
  checkAudience(assertion, state.issuer + endpointPaths.token, state.issuer)
  const key = `${clientId} ${jti}`
  if (state.assertionIds.get(key)) throw notValid('jti was used before')
  state.assertionIds.set(key, true, Date.now() + 60 * 60 * 1000)
  return client
}

function checkMethod(form: URLSearchParams, authorization: string | undefined): string {
  const assertion = form.get('client_assertion')
  const hasHeader = authorization !== undefined
  if (hasHeader && assertion !== null) throw failed('an Authorization header was sent beside the assertion')
  if (hasHeader) throw wrongMethod('an Authorization header was sent instead of an assertion', 401)
  if (form.has('client_secret')) throw wrongMethod('client_secret was sent', 400)
  if (assertion === null) throw failed('client_assertion is missing')
  const type = form.get('client_assertion_type')
  if (type !== assertionType)
    throw failed(
      `client_assertion_type is ${type === null ? 'missing' : `'${type}'`}, not '${assertionType}'`,
    )
  return assertion
}

function failed(refusal: string): TokenRefusal {
  return new TokenRefusal('invalid_client', 'Client authentication failed', refusal)
}

function wrongMethod(refusal: string, status: number): TokenRefusal {
  const description = 'Invalid authentication method for accessing this endpoint.'
  return new TokenRefusal('invalid_client', description, refusal, status)
}
