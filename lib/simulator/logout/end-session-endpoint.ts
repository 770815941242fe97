import { compactVerify } from 'jose'
import type { Answer } from '../endpoint.js'
import { errorPage } from '../pages/error-page.js'
import { loggedOutPage } from '../pages/logged-out-page.js'
import { htmlReply } from '../pages/page-layout.js'
import { queryOf } from '../query-of.js'
import { redirectReply, type Reply } from '../reply.js'
import type { RegisteredClient } from '../simulator-client.js'
import type { SimulatorState } from '../simulator-state.js'

/**
 * `GET /connect/endSession`. There is no session here to end, so all it does is check the request and go back.
 *
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
export const answerEndSession: Answer = async (request, state) => {
  const query = queryOf(request)
  const hint = query.get('id_token_hint')
  const redirectUri = query.get('post_logout_redirect_uri')
  if (hint === null) return refuse("Missing parameter, 'id_token_hint'", 'id_token_hint is missing', state)
  const client = await findClient(hint, state)
  if (!client)
    return refuse('Invalid id_token_hint.', 'id_token_hint is no ID token of this simulator', state)
  if (redirectUri === null) return htmlReply(200, loggedOutPage, state.issuerPath)
  if (!client.allowsPostLogoutRedirect(redirectUri)) {
    const description = 'The redirection URI provided does not match a pre-registered value.'
    return refuse(description, `post_logout_redirect_uri '${redirectUri}' is not registered`, state)
  }
  const back = query.get('state')
  if (back === null) return redirectReply(redirectUri)
  const separator = redirectUri.includes('?') ? '&' : '?'
  return redirectReply(`${redirectUri}${separator}${new URLSearchParams({ state: back }).toString()}`)
}

/** An expired hint is as good as a fresh one: only its signature and its audience matter. */
async function findClient(hint: string, state: SimulatorState): Promise<RegisteredClient | undefined> {
  for (const key of await state.keys.published()) {
    try {
      const { payload } = await compactVerify(hint, key.publicKey, { algorithms: [key.alg] })
      const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
      const audience =
        typeof claims === 'object' && claims !== null && 'aud' in claims ? claims.aud : undefined
      return state.clients.get(String(audience))
    } catch {
      // Another key may fit.
    }
  }
  return undefined
}

function refuse(description: string, refusal: string, { issuerPath }: SimulatorState): Reply {
  return { ...htmlReply(400, errorPage('bad_request', description, refusal), issuerPath), refusal }
}
