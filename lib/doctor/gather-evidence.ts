import type { Config } from '../config/config.js'
import { Cis2Error, ProviderError } from '../errors.js'
import { isJson } from '../provider/limited-fetch.js'
import { assertionAudience, signAssertion } from '../provider/client-assertion.js'
import { parseMetadata, type ProviderMetadata } from '../provider/discovery.js'
import type { ExamineInput } from './diagnose-input.js'
import { lacks, type Evidence, type PublishedKey } from './evidence.js'
import { fetchReply, type Reply } from './fetch-reply.js'
import { parseAssertion, parseSuppliedAssertion } from './parse-assertion.js'
import { prepareProbe } from './probe-token-endpoint.js'
import { publicRoots } from './public-roots.js'
import { standInAddress, type Settings } from './parse-settings.js'

const providerLimitMs = 10_000
const keySetLimitMs = 3000

const inTheRequest = [
  'clientId',
  'baseUrl',
  'redirectUri',
  'jwks',
  'signingKey',
  'clientAssertionAudience',
  'clientAssertionLifetimeSeconds',
]

/** Asks the provider and the key set, and makes an assertion. */
export async function gatherEvidence(
  settings: Settings,
  config: Config,
  input: ExamineInput,
): Promise<Evidence> {
  const within = (limitMs: number): AbortSignal =>
    AbortSignal.any([AbortSignal.timeout(limitMs), ...(input.signal ? [input.signal] : [])])
  const { fetch } = config
  const jwksUri = input.jwksUri ?? usualJwksUri(settings, config)
  const roots = input.roots?.provider
  const [discovery, keySet] = await Promise.all([
    isProviderKnown(config)
      ? fetchReply(config.discoveryUrl, { signal: within(providerLimitMs), fetch, roots })
      : undefined,
    jwksUri === undefined || !URL.canParse(jwksUri)
      ? undefined
      : fetchReply(jwksUri, {
          signal: within(input.keySetLimitMs ?? keySetLimitMs),
          fetch,
          // As CIS2 would: certificates that only this machine trusts do not count.
          roots: input.roots?.keySet ?? publicRoots,
        }),
  ])
  const provider = readDiscovery(discovery, config)
  const { metadata } = provider
  const publishedSet = keySet?.reached ? parseJson(keySet.body) : undefined
  const supplied = input.assertion === undefined ? undefined : parseSuppliedAssertion(input.assertion)
  const isOurs = supplied === undefined
  return {
    settings,
    config,
    isOurs,
    request: supplied?.request,
    assertion:
      supplied?.assertion ?? (await makeAssertion(settings, config, metadata, within(providerLimitMs))),
    discovery,
    ...provider,
    jwksUri,
    keySet,
    publishedSet,
    publishedKeys: keysOf(publishedSet),
    said: input.said,
    proxyVariable: input.proxyVariable,
    probe: prepareProbe({
      config,
      metadata,
      isWanted: input.liveProbe,
      isOurs,
      lacksSettings: lacks({ settings }, ...inTheRequest),
      roots,
      signal: within(providerLimitMs * 3),
    }),
  }
}

function isProviderKnown({ issuer }: Config): boolean {
  return new URL(issuer).origin !== standInAddress
}

function usualJwksUri(settings: Settings, { baseOrigin, basePath, routes }: Config): string | undefined {
  return lacks({ settings }, 'baseUrl') ? undefined : `${baseOrigin}${basePath}${routes.jwks}`
}

function readDiscovery(
  discovery: Reply | undefined,
  config: Config,
): Pick<Evidence, 'document' | 'metadata' | 'discoveryProblem'> {
  const document = discovery?.reached && isJson(discovery.headers) ? parseJson(discovery.body) : undefined
  if (document === undefined) return { document, metadata: undefined, discoveryProblem: undefined }
  try {
    return { document, metadata: parseMetadata(document, config), discoveryProblem: undefined }
  } catch (error) {
    if (error instanceof ProviderError) return { document, metadata: undefined, discoveryProblem: error }
    throw error
  }
}

async function makeAssertion(
  settings: Settings,
  config: Config,
  metadata: ProviderMetadata | undefined,
  signal: AbortSignal,
): Promise<Evidence['assertion']> {
  if (lacks({ settings }, 'jwks', 'signingKey')) return undefined
  const { clientId, clientAssertionLifetimeSeconds: lifetimeSeconds, keys } = config
  const audience = assertionAudience(config.clientAssertionAudience, metadata ?? { issuer: config.issuer })
  const own = { clientId, audience, lifetimeSeconds, signingKey: keys.signingKey, signal }
  return await signAssertion(own).then(parseAssertion, (error: unknown) => ({
    problem: error instanceof Cis2Error ? error.detail : 'signing failed',
  }))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function keysOf(set: unknown): readonly PublishedKey[] {
  if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys)) return []
  // What is no object at all is a key without any member.
  return set.keys.map((key: unknown) => (typeof key === 'object' && !Array.isArray(key) ? { ...key } : {}))
}
