import type { Config } from '../config/config.js'
import { assertionAudience, signAssertion } from '../provider/client-assertion.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import { randomText } from '../random.js'
import { quoteUntrusted } from '../untrusted-text.js'
import { isPerhapsLive } from './describe-address.js'
import type { Probe, ProbeAnswer } from './evidence.js'
import { fetchReply, type Reply } from './fetch-reply.js'

interface ProbeInput {
  readonly config: Config
  readonly metadata: ProviderMetadata | undefined
  /** What the caller wants; nothing said means yes, but not to the live service. */
  readonly isWanted: boolean | undefined
  readonly isOurs: boolean
  /** Whether an option that goes into the request is missing or wrong. */
  readonly lacksSettings: boolean
  readonly roots: readonly string[] | undefined
  readonly signal: AbortSignal
}

/**
 * Prepares a token request with a made-up code. CIS2 authenticates the client before it looks at the code: the answer
 * `invalid_grant` proves that the assertion was accepted.
 */
export function prepareProbe(input: ProbeInput): Probe {
  const { config, metadata, isWanted, isOurs, lacksSettings } = input
  if (!isOurs) return { withheld: 'an assertion of another program is only read, never sent' }
  if (isWanted === false) return { withheld: 'the live probe is switched off' }
  if (lacksSettings) return { withheld: 'it needs settings that are missing or wrong' }
  if (metadata === undefined) return { withheld: 'there is no token endpoint to ask' }
  const addresses = [config.issuer, metadata.issuer, metadata.token_endpoint]
  if (isWanted !== true && addresses.some(isPerhapsLive))
    return { withheld: 'the live service is not asked unless --live-probe says so' }
  let answer: Promise<ProbeAnswer> | undefined
  const send = (): Promise<ProbeAnswer> =>
    (answer ??= sendProbe(input, metadata).catch(() => ({ outcome: 'unknown', found: 'signing failed' })))
  return { send }
}

async function sendProbe(
  { config, roots, signal }: ProbeInput,
  metadata: ProviderMetadata,
): Promise<ProbeAnswer> {
  const { clientId, keys, clientAssertionAudience, clientAssertionLifetimeSeconds: lifetimeSeconds } = config
  const audience = assertionAudience(clientAssertionAudience, metadata)
  const own = { clientId, audience, lifetimeSeconds, signingKey: keys.signingKey, signal }
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: `made-up-by-the-doctor-${randomText(12)}`,
    redirect_uri: config.redirectUri,
    code_verifier: randomText(32),
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(own),
  })
  const { fetch } = config
  return judge(await fetchReply(metadata.token_endpoint, { form, signal, fetch, roots }))
}

function judge(reply: Reply): ProbeAnswer {
  if (!reply.reached)
    return { outcome: 'unknown', found: `the token endpoint could not be reached (${reply.code})` }
  const said = readTokenError(reply.body)
  if (said?.error === 'invalid_grant') return { outcome: 'authenticated' }
  if (said !== undefined && reply.status !== 429) return { outcome: 'refused', said: said.said }
  return {
    outcome: 'unknown',
    found: `the token endpoint answered with status ${reply.status} and no OAuth error`,
  }
}

/** An OAuth error answer, and what it says as a safe clause. Nothing when the text is no such answer. */
export function readTokenError(body: string): { error: string; said: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('error' in value) || typeof value.error !== 'string')
    return undefined
  const description = 'error_description' in value ? value.error_description : ''
  const words = typeof description === 'string' && description !== '' ? `: ${description}` : ''
  return { error: value.error, said: `the token endpoint answered ${quoteUntrusted(value.error + words)}` }
}
