import type { Request } from 'express'
import { formPostPage } from '../pages/form-post-page.js'
import { htmlReply } from '../pages/page-layout.js'
import { jsonReply, redirectReply, type Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import type { AnswerTarget, AuthorizationRefusal } from './authorization-request.js'
import { acceptsOnlyJson } from './refuse-person.js'

type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Takes the browser back to the client, in the response mode it asked for. Whoever accepts only JSON gets the
 * parameters as such, so that a test of `form_post` has no HTML to read.
 */
export function answerClient(
  { redirectUri, responseMode, state, client }: AnswerTarget,
  parameters: Parameters,
  request: Request,
  { faults, issuer, issuerPath }: SimulatorState,
): Reply {
  const mitigation = faults.take('mixUpMitigation')
  const withIssuer = mitigation !== undefined && mitigation !== 'advertised-only'
  const pairs = pairsOf({
    ...parameters,
    state,
    ...(withIssuer ? { iss: issuer, client_id: client.clientId } : {}),
    ...faults.take('authorize'),
  })
  if (acceptsOnlyJson(request))
    return jsonReply(200, { redirectUri, responseMode, parameters: Object.fromEntries(pairs) })
  if (responseMode === 'form_post')
    return htmlReply(200, formPostPage(redirectUri, pairs), issuerPath, redirectUri)
  const query = new URLSearchParams(pairs).toString()
  return redirectReply(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`)
}

/** Tells the client why not. */
export function refuseClient(
  { error, description, refusal }: AuthorizationRefusal,
  target: AnswerTarget,
  request: Request,
  state: SimulatorState,
): Reply {
  return { ...answerClient(target, { error, error_description: description }, request, state), refusal }
}

function pairsOf(parameters: Parameters): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (value === undefined) return []
    const values = typeof value === 'string' ? [value] : value
    return values.map((text): [string, string] => [name, text])
  })
}
