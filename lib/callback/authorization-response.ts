import { LoginError, ProviderError } from '../errors.js'
import { postedField } from '../posted-form.js'
import { present } from '../present.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import { quoteUntrusted } from '../untrusted-text.js'

/** The authorization response (RFC 6749, 4.1.2), each parameter at most once. */
export interface AuthorizationResponse {
  readonly state: string
  readonly code?: string
  readonly error?: string
  readonly errorDescription?: string
  readonly iss?: string
}

const protocolNames = ['code', 'state', 'iss', 'error', 'error_description'] as const
const longest: Readonly<Record<string, number>> = {
  code: 8192,
  state: 512,
  iss: 2048,
  error: 512,
  error_description: Infinity,
}

/** Whether the parameters carry any part of an authorization response. */
export function hasResponseParameters(parameters: URLSearchParams): boolean {
  return protocolNames.some((name) => parameters.has(name))
}

/**
 * Untrusted parameters → the response, with a `state`.
 *
 * @throws {LoginError} `ERR_CIS2_PARAMETER_REPEATED`, `ERR_CIS2_PARAMETER_TOO_LONG`, `ERR_CIS2_STATE_MISSING`
 */
export function parseAuthorizationResponse(parameters: URLSearchParams): AuthorizationResponse {
  const given: Partial<Record<(typeof protocolNames)[number], string>> = {}
  for (const name of protocolNames) {
    const [value, ...more] = parameters.getAll(name)
    if (more.length > 0)
      throw new LoginError('ERR_CIS2_PARAMETER_REPEATED', `the parameter ${name} is there more than once`)
    if (value !== undefined && value.length > (longest[name] ?? 0))
      throw new LoginError(
        'ERR_CIS2_PARAMETER_TOO_LONG',
        `the parameter ${name} has ${value.length} characters`,
      )
    if (value !== undefined && value !== '') given[name] = value
  }
  const { state, error_description: errorDescription, ...rest } = given
  if (state === undefined) throw new LoginError('ERR_CIS2_STATE_MISSING')
  return { state, ...rest, ...present({ errorDescription }) }
}

/**
 * The response → its code.
 *
 * @throws {LoginError} when `iss` is wrong or missing though advertised (RFC 9207), when CIS2 refused, or without code
 * @throws {ProviderError} `ERR_CIS2_PROVIDER_ERROR` when CIS2 says that it has an outage
 */
export function takeCode(response: AuthorizationResponse, metadata: ProviderMetadata): string {
  const { code, error, iss } = response
  if (iss === undefined && metadata.authorization_response_iss_parameter_supported)
    throw new LoginError('ERR_CIS2_RESPONSE_ISSUER_MISSING')
  if (iss !== undefined && iss !== metadata.issuer)
    throw new LoginError(
      'ERR_CIS2_RESPONSE_ISSUER_MISMATCH',
      `iss is ${quoteUntrusted(iss)}, expected ${JSON.stringify(metadata.issuer)}`,
    )
  if (code !== undefined && error !== undefined) throw new LoginError('ERR_CIS2_CODE_AND_ERROR')
  if (error !== undefined) throw refusal(error, response.errorDescription)
  if (code === undefined) throw new LoginError('ERR_CIS2_CODE_MISSING')
  return code
}

// OpenID Connect Core 1.0, 3.1.2.6: what only the person at the screen could settle.
const interactionErrors = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])
const outageErrors = new Set(['server_error', 'temporarily_unavailable'])

function refusal(error: string, description: string | undefined): LoginError | ProviderError {
  const words = `CIS2 answered ${quoteUntrusted(error)}${description === undefined ? '' : `: ${quoteUntrusted(description)}`}`
  if (error === 'access_denied') return new LoginError('ERR_CIS2_LOGIN_CANCELLED', words)
  if (interactionErrors.has(error)) return new LoginError('ERR_CIS2_LOGIN_REQUIRED', words)
  if (outageErrors.has(error)) return new ProviderError('ERR_CIS2_PROVIDER_ERROR', words)
  return new LoginError('ERR_CIS2_AUTHORIZATION_REFUSED', words)
}

/** The body of a `form_post`, whatever body parser of the host's may have read it first. */
export function parametersOfBody(body: unknown): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const name of protocolNames) {
    for (const value of postedField(body, name)) {
      // An array or object is a parameter that came more than once, or a trick with brackets.
      if (typeof value !== 'string')
        throw new LoginError('ERR_CIS2_PARAMETER_REPEATED', `the parameter ${name} is not one text`)
      parameters.append(name, value)
    }
  }
  return parameters
}
