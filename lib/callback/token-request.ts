import { genericGrantRequest, ResponseBodyError } from 'openid-client'
import type { LoginAttempt } from '../attempt/login-attempts.js'
import { epochSeconds } from '../clock.js'
import type { Config } from '../config/config.js'
import { Cis2Error, LoginError, ProviderError } from '../errors.js'
import type { SigningKey } from '../keys/signing-key.js'
import { present } from '../present.js'
import { describeClockDifference } from '../provider/clock-difference.js'
import { privateKeyJwt } from '../provider/client-assertion.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import {
  FetchFailure,
  isJson,
  largestLoginAnswer,
  toProviderError,
  type FetchFailureKind,
} from '../provider/limited-fetch.js'
import type { Provider } from '../provider/provider.js'
import { quoteUntrusted } from '../untrusted-text.js'

/** What the token endpoint gave. A refresh token, should there be one, is dropped here. */
export interface TokenResponse {
  readonly idToken: string
  readonly accessToken: string
  readonly expiresAt?: number
  readonly scope?: string
}

const failureCodes = {
  timeout: 'ERR_CIS2_TOKEN_TIMEOUT',
  network: 'ERR_CIS2_TOKEN_UNAVAILABLE',
  'server-error': 'ERR_CIS2_TOKEN_UNAVAILABLE',
  'rate-limited': 'ERR_CIS2_TOKEN_RATE_LIMITED',
  redirect: 'ERR_CIS2_TOKEN_RESPONSE_INVALID',
  'too-large': 'ERR_CIS2_TOKEN_RESPONSE_INVALID',
} as const satisfies Record<FetchFailureKind, string>

/**
 * code → tokens (OpenID Connect Core 1.0, 3.1.3), authenticated by a new client assertion. Sent once: a code whose
 * answer is lost is spent.
 *
 * @throws {ProviderError} `ERR_CIS2_TOKEN_…`, `ERR_CIS2_CLIENT_REFUSED`, `ERR_CIS2_SIGNING`
 * @throws {LoginError} `ERR_CIS2_CODE_REFUSED`, `ERR_CIS2_ID_TOKEN_MISSING`
 */
export async function requestTokens(
  code: string,
  login: {
    attempt: LoginAttempt
    config: Config
    metadata: ProviderMetadata
    provider: Provider
    signingKey: SigningKey
    signal: AbortSignal
  },
): Promise<TokenResponse> {
  const { attempt, config, metadata, provider, signingKey, signal } = login
  let idToken: unknown
  let date: string | null = null
  const secrets = [code, attempt.codeVerifier]
  const clientAuth = privateKeyJwt({
    audienceSetting: config.clientAssertionAudience,
    lifetimeSeconds: config.clientAssertionLifetimeSeconds,
    signingKey,
    signal,
  })
  const openid = provider.openidConfiguration(metadata, clientAuth, {
    signal,
    maxBytes: largestLoginAnswer,
    onAnswer: ({ status, headers, body }) => {
      date = headers.get('date')
      const text = body.toString()
      if (status !== 200) return text
      if (!isJson(headers)) {
        throw new ProviderError(
          'ERR_CIS2_TOKEN_RESPONSE_INVALID',
          'the token endpoint did not answer with JSON',
        )
      }
      const withheld = withholdIdToken(text)
      if (withheld.refusal) throw tokenRefusal(withheld.refusal, secrets, date)
      idToken = withheld.idToken
      return withheld.rest
    },
  })
  // The exact registered redirect URI: openid-client's own code grant would rebuild it from the request's address.
  const parameters = { code, redirect_uri: config.redirectUri, code_verifier: attempt.codeVerifier }
  const response = await genericGrantRequest(openid, 'authorization_code', parameters).catch(
    (error: unknown) => {
      throw tokenError(error, secrets, date)
    },
  )
  // openid-client also lets DPoP through, which nobody asked for.
  if (response.token_type !== 'bearer')
    throw new ProviderError('ERR_CIS2_TOKEN_RESPONSE_INVALID', 'token_type is not Bearer')
  // It goes into a header.
  if (!/^[\x21-\x7e]+$/.test(response.access_token))
    throw new ProviderError('ERR_CIS2_TOKEN_RESPONSE_INVALID', 'access_token is not visible ASCII')
  if (typeof idToken !== 'string' || idToken === '') throw new LoginError('ERR_CIS2_ID_TOKEN_MISSING')
  const { access_token: accessToken, expires_in: lifetime, scope } = response
  const expiresAt = lifetime === undefined ? undefined : epochSeconds() + Math.floor(lifetime)
  return { idToken, accessToken, ...present({ expiresAt, scope }) }
}

/**
 * Takes the ID token out before openid-client sees the answer: it would check claims before the signature, and put
 * unverified claims into its errors. `verifyIdToken` is the one place where the ID token is judged.
 */
function withholdIdToken(text: string): {
  idToken: unknown
  /** What was refused with status 200. */
  refusal?: OAuthError
  rest: string
} {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return { idToken: undefined, rest: text }
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return { idToken: undefined, rest: text }
  const {
    id_token: idToken,
    expires_in: expiresIn,
    // Never kept: whatever it is, it is no reason to refuse.
    refresh_token: _refreshToken,
    scope,
    ...rest
  } = answer as Record<string, unknown>
  const { error, error_description } = rest
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn
  const isLifetime = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 && seconds < 1e9
  const known = {
    ...rest,
    // Some write null for what they leave out.
    ...(scope === null ? {} : { scope }),
    // A lifetime that is no number of seconds is an unknown lifetime.
    ...(isLifetime ? { expires_in: seconds } : {}),
  }
  return {
    idToken,
    ...(error === undefined || error === null ? {} : { refusal: { error, error_description } }),
    rest: JSON.stringify(known),
  }
}

function tokenError(error: unknown, secrets: readonly string[], date: string | null): Cis2Error {
  const own = findOwnError(error)
  if (own instanceof Cis2Error) return own
  if (own instanceof FetchFailure) return toProviderError(own, failureCodes, 'the token endpoint')
  if (error instanceof ResponseBodyError) return tokenRefusal(error, secrets, date)
  return new ProviderError('ERR_CIS2_TOKEN_RESPONSE_INVALID', undefined, { cause: nameOf(error) })
}

interface OAuthError {
  readonly error: unknown
  readonly error_description?: unknown
}

/** An OAuth error (RFC 6749, 5.2) → ours, in CIS2's words. */
function tokenRefusal(
  { error, error_description: description = '' }: OAuthError,
  secrets: readonly string[],
  date: string | null,
): Cis2Error {
  const words = `the token endpoint answered ${quoteUntrusted(error, secrets)}: ${quoteUntrusted(description, secrets)}`
  if (error === 'invalid_client')
    return new ProviderError('ERR_CIS2_CLIENT_REFUSED', words + describeClockDifference(date))
  if (error === 'invalid_grant') return new LoginError('ERR_CIS2_CODE_REFUSED', words)
  return new ProviderError('ERR_CIS2_TOKEN_REFUSED', words)
}

/** openid-client wraps what our functions threw; ours says more. */
function findOwnError(error: unknown): Cis2Error | FetchFailure | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof Cis2Error || each instanceof FetchFailure) return each
  }
  return undefined
}

// openid-client's errors carry whole bodies and claims in their causes: its code is all that is kept.
function nameOf(error: unknown): Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? new Error(error.code)
    : new Error('unexpected answer')
}
