import { AccessError, LoginError, ProviderError } from '../errors.js'
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
 * @throws {ProviderError} `ERR_CIS2_PROVIDER_ERROR` when CIS2 says that it is ill
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

const wantsThePerson = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])
const isIll = new Set(['server_error', 'temporarily_unavailable'])

function refusal(error: string, description: string | undefined): LoginError | ProviderError {
  const words = `CIS2 answered ${quoteUntrusted(error)}${description === undefined ? '' : `: ${quoteUntrusted(description)}`}`
  if (error === 'access_denied') return new LoginError('ERR_CIS2_LOGIN_CANCELLED', words)
  if (wantsThePerson.has(error)) return new LoginError('ERR_CIS2_LOGIN_REQUIRED', words)
  if (isIll.has(error)) return new ProviderError('ERR_CIS2_PROVIDER_ERROR', words)
  return new LoginError('ERR_CIS2_AUTHORIZATION_REFUSED', words)
}

/** The body of a `form_post`, whatever body parser of the host's may have read it first. */
export function parametersOfBody(body: unknown): URLSearchParams {
  if (typeof body === 'string') return new URLSearchParams(body)
  if (body instanceof Uint8Array) return new URLSearchParams(Buffer.from(body).toString('utf8'))
  const parameters = new URLSearchParams()
  if (typeof body !== 'object' || body === null) return parameters
  for (const name of protocolNames) {
    const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
    // An array or object is a parameter that came more than once, or a trick with brackets.
    if (value !== undefined && typeof value !== 'string')
      throw new LoginError('ERR_CIS2_PARAMETER_REPEATED', `the parameter ${name} is not one text`)
    if (value !== undefined) parameters.append(name, value)
  }
  return parameters
}

/** What Express's body parser says → our error. */
export function bodyError(cause: unknown): AccessError | LoginError {
  const isTooLarge = cause instanceof Error && 'status' in cause && cause.status === 413
  return isTooLarge
    ? new AccessError('ERR_CIS2_BODY_TOO_LARGE')
    : new LoginError('ERR_CIS2_RESPONSE_MODE', 'the posted body cannot be read as a form', { cause })
}
