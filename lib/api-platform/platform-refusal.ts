import { PlatformError, type Cis2ErrorCode } from '../errors.js'
import { describeClockDifference } from '../provider/clock-difference.js'
import type { InboundAnswer } from '../provider/outbound-request.js'
import { quoteUntrusted } from '../untrusted-text.js'
import { explainPlatformError } from './explain-platform-error.js'

// What an error means whose text is not known.
const codesByError: Readonly<Record<string, Cis2ErrorCode>> = {
  invalid_grant: 'ERR_CIS2_PLATFORM_REFRESH_REFUSED',
  invalid_client: 'ERR_CIS2_PLATFORM_CLIENT_REFUSED',
  unauthorized_client: 'ERR_CIS2_PLATFORM_NOT_AUTHORISED',
  'public_key error': 'ERR_CIS2_PLATFORM_KEY_REFUSED',
}

/** An error of the token endpoint's → ours: in its words, with the cause and what to do where that is known. */
export function platformRefusal(
  { status, headers }: InboundAnswer,
  body: unknown,
  secrets: readonly string[],
): PlatformError {
  const [error, description] = ['error', 'error_description'].map((name) => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
    return typeof value === 'string' ? value : ''
  }) as [string, string]
  const words = `the API platform answered ${status} ${quoteUntrusted(error, secrets)}: ${quoteUntrusted(description, secrets)}`
  const explanation = explainPlatformError(description)
  const code = explanation?.code ?? (Object.hasOwn(codesByError, error) ? codesByError[error] : undefined)
  const meaning = explanation === undefined ? '' : `. ${explanation.cause} ${explanation.fix}`
  return new PlatformError(
    code ?? 'ERR_CIS2_PLATFORM_REFUSED',
    words + meaning + describeClockDifference(headers.get('date'), 'the API platform'),
  )
}
