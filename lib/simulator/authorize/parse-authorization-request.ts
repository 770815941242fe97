import { supportedScopes } from '../provider-metadata.js'
import type { RegisteredClient } from '../simulator-client.js'
import type { AnswerTarget, AuthorizationRefusal, AuthorizationRequest } from './authorization-request.js'

type Outcome = { request: AuthorizationRequest } | { refused: AuthorizationRefusal }

/**
 * Reads the query of `/authorize`. Until client and redirect URI are known to be good nobody is redirected anywhere.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation
 */
export function parseAuthorizationRequest(
  query: URLSearchParams,
  clients: ReadonlyMap<string, RegisteredClient>,
): Outcome {
  const found = findTarget(query, clients)
  if ('refused' in found) return found
  const { target } = found
  const problem = findProblem(query)
  if (problem) return { refused: { ...problem, target } }
  const nonce = query.get('nonce')
  const codeChallenge = query.get('code_challenge')
  return {
    request: {
      ...target,
      scope: wordsOf(query.get('scope')),
      acrValues: wordsOf(query.get('acr_values')),
      ...(nonce === null ? {} : { nonce }),
      ...(codeChallenge === null ? {} : { codeChallenge }),
    },
  }
}

function findTarget(
  query: URLSearchParams,
  clients: ReadonlyMap<string, RegisteredClient>,
): { target: AnswerTarget } | { refused: AuthorizationRefusal } {
  const refuse = (error: string, description: string, refusal: string) => ({
    refused: { error, description, refusal },
  })
  const repeated = [...new Set(query.keys())].filter((name) => query.getAll(name).length > 1)
  if (repeated.length > 0)
    return refuse('invalid_request', 'Invalid request.', `${repeated.join(', ')} is there more than once`)
  const clientId = query.get('client_id')
  if (clientId === null) return refuse('invalid_request', "Missing parameter, 'client_id'", 'no client_id')
  const client = clients.get(clientId)
  if (!client)
    return refuse(
      'invalid_client',
      'Client authentication failed',
      `client_id '${clientId}' is not registered; ${[...clients.keys()].join(', ')} is`,
    )
  const redirectUri = query.get('redirect_uri')
  if (redirectUri === null)
    return refuse('invalid_request', "Missing parameter, 'redirect_uri'", 'no redirect_uri')
  if (!client.allowsRedirect(redirectUri))
    return refuse(
      'redirect_uri_mismatch',
      'The redirection URI provided does not match a pre-registered value.',
      `redirect_uri '${redirectUri}' is not registered for this client`,
    )
  const state = query.get('state')
  const responseMode = query.get('response_mode') === 'form_post' ? 'form_post' : 'query'
  return { target: { client, redirectUri, responseMode, ...(state === null ? {} : { state }) } }
}

function findProblem(query: URLSearchParams): AuthorizationRefusal | undefined {
  const refuse = (error: string, description: string, refusal = description) => ({
    error,
    description,
    refusal,
  })
  const mode = query.get('response_mode') ?? 'query'
  if (mode !== 'query' && mode !== 'form_post')
    return refuse('invalid_request', `Invalid response_mode: ${mode}`, `response_mode '${mode}' is not known`)
  const type = query.get('response_type')
  if (type === null) return refuse('invalid_request', "Missing parameter, 'response_type'")
  if (type !== 'code')
    return refuse(
      'unsupported_response_type',
      'Response type is not supported.',
      `response_type is '${type}'`,
    )
  const scope = wordsOf(query.get('scope'))
  const unknown = scope.filter((word) => !supportedScopes.includes(word))
  if (unknown.length > 0) return refuse('invalid_scope', `Unknown/invalid scope(s): [${unknown.join(', ')}]`)
  if (!scope.includes('openid'))
    return refuse('invalid_request', 'Missing expected scope=openid', 'scope does not contain openid')
  return findPkceProblem(query) ?? findPromptProblem(query)
}

function findPkceProblem(query: URLSearchParams): AuthorizationRefusal | undefined {
  const challenge = query.get('code_challenge')
  const method = query.get('code_challenge_method')
  if (challenge === null && method === null) return undefined
  const refuse = (refusal: string) => ({
    error: 'invalid_request',
    description: 'Invalid code challenge method specified.',
    refusal,
  })
  if (challenge === null) return refuse('code_challenge_method without code_challenge')
  if (method !== 'S256')
    return refuse(`code_challenge_method is '${method ?? 'plain, by default'}', not S256`)
  return /^[\w-]{43}$/.test(challenge) ? undefined : refuse('code_challenge is not a SHA-256 in base64url')
}

function findPromptProblem(query: URLSearchParams): AuthorizationRefusal | undefined {
  const prompts = wordsOf(query.get('prompt'))
  const maxAge = query.get('max_age')
  const unknown = prompts.find((prompt) => !['login', 'none', 'consent'].includes(prompt))
  const invalid = (refusal: string) => ({
    error: 'invalid_request',
    description: 'Invalid request.',
    refusal,
  })
  if (unknown !== undefined) return invalid(`prompt '${unknown}' is not known`)
  if (prompts.includes('none') && prompts.length > 1) return invalid('prompt none with another prompt')
  if (maxAge !== null && !/^\d{1,9}$/.test(maxAge))
    return invalid(`max_age '${maxAge}' is not a number of seconds`)
  if (!prompts.includes('none')) return undefined
  return {
    error: 'login_required',
    description: 'The request requires login.',
    refusal: 'prompt=none, and every request here asks for a person',
  }
}

function wordsOf(text: string | null): string[] {
  return (text ?? '').split(' ').filter((word) => word !== '')
}
