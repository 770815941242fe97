import { epochSeconds } from '../clock.js'
import { pause } from '../deadline.js'
import { PlatformError, type Cis2ErrorCode } from '../errors.js'
import { signAssertion } from '../provider/client-assertion.js'
import { FetchFailure, isJson, type FetchFailureKind } from '../provider/limited-fetch.js'
import type { InboundAnswer, OutboundRequest } from '../provider/outbound-request.js'
import type { PlatformConfig } from './platform-options.js'
import { platformRefusal } from './platform-refusal.js'
import { parseTokenResponse, type PlatformTokens } from './token-response.js'

const failureCodes: Readonly<Record<FetchFailureKind, Cis2ErrorCode>> = {
  timeout: 'ERR_CIS2_PLATFORM_TIMEOUT',
  network: 'ERR_CIS2_PLATFORM_UNAVAILABLE',
  'server-error': 'ERR_CIS2_PLATFORM_UNAVAILABLE',
  'rate-limited': 'ERR_CIS2_PLATFORM_RATE_LIMITED',
  redirect: 'ERR_CIS2_PLATFORM_RESPONSE_INVALID',
  'too-large': 'ERR_CIS2_PLATFORM_RESPONSE_INVALID',
}
const largestAnswer = 64 * 1024
const pauseBeforeRetryMs = 250

/** A call to the token endpoint: by which way, and until when. */
export interface PlatformCall {
  /** Calls within bounds, and throws a `FetchFailure`. */
  readonly send: (url: string, request: OutboundRequest) => Promise<InboundAnswer>
  readonly signal: AbortSignal
}

/**
 * ID token → tokens of the API platform's (RFC 8693, 2.1). An ID token may be exchanged again, so that an answer that
 * was lost is asked for once more, with an assertion of its own.
 *
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_…`
 * @throws {ProviderError} `ERR_CIS2_SIGNING`
 */
export async function requestExchange(
  idToken: string,
  config: PlatformConfig,
  call: PlatformCall,
): Promise<PlatformTokens> {
  const send = async (): Promise<PlatformTokens> => {
    const { apiKey: clientId, tokenUrl: audience, signingKey, assertionLifetimeSeconds } = config
    const assertion = await signAssertion({
      clientId,
      audience,
      signingKey,
      lifetimeSeconds: assertionLifetimeSeconds,
      signal: call.signal,
    })
    return await requestTokens(
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: idToken,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
      config,
      call,
    )
  }
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'ERR_CIS2_PLATFORM_UNAVAILABLE') throw error
    await pause(pauseBeforeRetryMs)
    if (call.signal.aborted) throw error
    return await send()
  }
}

/**
 * Refresh token → new tokens (RFC 6749, section 6). Sent once: a refresh token whose answer is lost may be spent.
 *
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_…`
 */
export async function requestRefresh(
  refreshToken: string,
  config: PlatformConfig & { readonly apiSecret: string },
  call: PlatformCall,
): Promise<PlatformTokens> {
  const { apiKey, apiSecret } = config
  const form = {
    grant_type: 'refresh_token',
    client_id: apiKey,
    client_secret: apiSecret,
    refresh_token: refreshToken,
  }
  const tokens = await requestTokens(form, config, call)
  // Where no new one comes, the old one is meant to go on.
  return tokens.refreshToken === undefined ? { ...tokens, refreshToken } : tokens
}

async function requestTokens(
  form: Readonly<Record<string, string>>,
  { tokenUrl }: PlatformConfig,
  { send, signal }: PlatformCall,
): Promise<PlatformTokens> {
  const answer = await send(tokenUrl, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    signal,
    maxBytes: largestAnswer,
  }).catch((error: unknown) => {
    if (!(error instanceof FetchFailure)) throw error
    const { kind, message, cause, retryAfterSeconds } = error
    throw new PlatformError(failureCodes[kind], `${tokenUrl} ${message}`, { cause, retryAfterSeconds })
  })
  const body = readJson(answer, tokenUrl)
  if (answer.status !== 200) throw platformRefusal(answer, body, secretsIn(form))
  return parseTokenResponse(body, epochSeconds())
}

function secretsIn(form: Readonly<Record<string, string>>): readonly string[] {
  return ['subject_token', 'client_assertion', 'client_secret', 'refresh_token'].flatMap(
    (name) => form[name] ?? [],
  )
}

function readJson({ status, headers, body }: InboundAnswer, tokenUrl: string): unknown {
  if (isJson(headers)) {
    try {
      return JSON.parse(body.toString('utf8'))
    } catch {
      // Refused below, like anything else that is no JSON.
    }
  }
  throw new PlatformError(
    'ERR_CIS2_PLATFORM_RESPONSE_INVALID',
    `${tokenUrl} answered with status ${status} and something that is no JSON`,
  )
}
