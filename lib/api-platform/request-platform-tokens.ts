import { limitedFetch } from '../provider/limited-fetch.js'
import { openConnection } from '../provider/transport.js'
import { parsePlatformOptions, platformOptionsError, type PlatformOptions } from './platform-options.js'
import { requestExchange, requestRefresh } from './token-request.js'
import type { PlatformTokens } from './token-response.js'

/** What is given for tokens: the ID token of a login, or the refresh token that came with the tokens before. */
export type PlatformGrant = { readonly idToken: string } | { readonly refreshToken: string }

/**
 * Asks the API platform for tokens, without Express and without a session: for Lambda functions and scripts.
 *
 * It keeps nothing and locks nothing. A refresh token works once: store the new one before you use the tokens, and let
 * nobody else refresh at the same time.
 *
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_…`
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION`
 * @throws {ProviderError} `ERR_CIS2_SIGNING`
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2
 * @since 0.1.0
 */
export async function requestPlatformTokens(
  grant: PlatformGrant,
  options: PlatformOptions,
): Promise<PlatformTokens> {
  const config = parsePlatformOptions(options)
  const { transport } = openConnection(config.fetch)
  const call = {
    send: (url: string, request: Parameters<typeof limitedFetch>[2]) => limitedFetch(transport, url, request),
    signal: AbortSignal.timeout(config.timeoutMs),
  }
  if ('idToken' in grant) return await requestExchange(grant.idToken, config, call)
  const { apiSecret } = config
  if (apiSecret === undefined)
    throw platformOptionsError([{ option: 'apiSecret', message: 'is missing: refreshing needs it' }])
  return await requestRefresh(grant.refreshToken, { ...config, apiSecret }, call)
}
