import { ProviderError, type Cis2ErrorCode } from '../errors.js'
import { labelOf, quoteUntrusted, safeCause } from '../untrusted-text.js'
import {
  AnswerTooLarge,
  type AnswerHeaders,
  type InboundAnswer,
  type OutboundRequest,
} from './outbound-request.js'
import type { Transport } from './transport.js'

/** How a call to CIS2 can fail before anyone looks at what was said. */
export type FetchFailureKind =
  'timeout' | 'network' | 'redirect' | 'too-large' | 'rate-limited' | 'server-error'

/** A call that brought no usable answer. Its caller knows which endpoint it was and turns it into a `ProviderError`. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure'
  readonly kind: FetchFailureKind
  readonly retryAfterSeconds: number | undefined

  constructor(
    kind: FetchFailureKind,
    message: string,
    details: { cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: safeCause(details.cause) })
    this.kind = kind
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

/** More than any answer of CIS2's about one login; some have large role lists. */
export const largestLoginAnswer = 1024 * 1024

/** A failed call → the error that the application gets: which code each kind becomes, and which endpoint it was. */
export function toProviderError(
  { kind, message, cause, retryAfterSeconds }: FetchFailure,
  codes: Readonly<Record<FetchFailureKind, Cis2ErrorCode>>,
  endpoint: string,
): ProviderError {
  return new ProviderError(codes[kind], `${endpoint} ${message}`, { cause, retryAfterSeconds })
}

const longestRetryAfterSeconds = 86_400

/** The product's name, so that CIS2's operators can tell who calls. */
export const userAgent = 'express-cis2'

/**
 * Calls CIS2 within bounds: a deadline, a size, and no redirect followed (an assertion or access token must not reach
 * a second host).
 *
 * @throws {FetchFailure}
 */
export async function limitedFetch(
  transport: Transport,
  url: string,
  request: OutboundRequest,
): Promise<InboundAnswer> {
  let answer: InboundAnswer
  try {
    const headers = { ...request.headers, 'user-agent': userAgent }
    answer = await transport(url, { ...request, headers })
  } catch (cause) {
    if (request.signal.aborted) throw new FetchFailure('timeout', 'did not answer in time')
    if (cause instanceof AnswerTooLarge) throw new FetchFailure('too-large', `answered with ${cause.message}`)
    throw new FetchFailure('network', `could not be reached (${networkCode(cause)})`, {
      cause: safeCause(cause, secretsIn(request)),
    })
  }
  const { status, headers } = answer
  if (status === 0 || (status >= 300 && status < 400))
    throw new FetchFailure('redirect', `answered with a redirect (${status}), which is never followed`)
  if (status === 429)
    throw new FetchFailure('rate-limited', 'answered 429, too many requests', {
      retryAfterSeconds: retryAfter(headers),
    })
  if (status >= 500)
    throw new FetchFailure(
      'server-error',
      `answered with status ${status}${describeError(answer, secretsIn(request))}`,
      {
        retryAfterSeconds: retryAfter(headers),
      },
    )
  return answer
}

/** Whether the answer says that it is JSON: a login page or a proxy's error page is never parsed. */
export function isJson(headers: AnswerHeaders): boolean {
  return /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(headers.get('content-type') ?? '')
}

const secretParameters = [
  'code',
  'code_verifier',
  'client_assertion',
  'subject_token',
  'refresh_token',
  'client_secret',
]

/** What an answer must not get into a log by repeating it. */
function secretsIn({ headers, body }: OutboundRequest): readonly string[] {
  const form = new URLSearchParams(body)
  return [
    headers['authorization']?.replace(/^Bearer /, ''),
    ...secretParameters.map((name) => form.get(name)),
  ].filter((value) => typeof value === 'string')
}

/** The code of a failed connection, from whichever of its causes has one. */
export function networkCode(error: unknown, causesLeft = 8): string {
  // By its shape: an error of another realm, as a replaced fetch may throw it, is no instance of our Error.
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return labelOf(error.code)
  if ('cause' in error && error.cause !== undefined && causesLeft > 0)
    return networkCode(error.cause, causesLeft - 1)
  return 'name' in error ? labelOf(error.name) : 'unknown'
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(headers: AnswerHeaders): number | undefined {
  const text = (headers.get('retry-after') ?? '').trim()
  const isDate = /^[A-Z][a-z]{2}, .* GMT$/.test(text)
  const seconds = isDate ? Math.ceil((Date.parse(text) - Date.now()) / 1000) : Number(text)
  if (Number.isNaN(seconds) || !(isDate || /^\d+$/.test(text))) return undefined
  return Math.min(longestRetryAfterSeconds, Math.max(1, seconds))
}

/** An OAuth error in the body, quoted: CIS2 says "Unable to load JWKs from registered jwks_uri." with a status of 500. */
function describeError({ headers, body }: InboundAnswer, secrets: readonly string[]): string {
  if (!isJson(headers) || body.byteLength > 4096) return ''
  try {
    const said: unknown = JSON.parse(body.toString('utf8'))
    if (typeof said !== 'object' || said === null || !('error_description' in said)) return ''
    return `: ${quoteUntrusted(said.error_description, secrets)}`
  } catch {
    return ''
  }
}
