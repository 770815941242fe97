import { hash } from 'node:crypto'
import { buildAuthorizationUrl } from 'openid-client'
import type { LoginAttempt } from '../attempt/login-attempts.js'
import type { Config } from '../config/config.js'
import { present } from '../present.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import { createOpenidConfiguration } from '../provider/openid-configuration.js'

/** metadata and attempt → the address at CIS2 to send the browser to. */
export type BuildAuthorizationRequest = (metadata: ProviderMetadata, attempt: LoginAttempt) => string

/** The authorization request (OpenID Connect Core 1.0, 3.1.2.1) with state, nonce and PKCE S256 (RFC 7636). */
export function createAuthorizationRequest(config: Config): BuildAuthorizationRequest {
  // The part of the address that is the same for every login, made once for each copy of the metadata.
  const prefixes = new WeakMap<ProviderMetadata, string>()
  return (metadata, attempt) => {
    const prefix = prefixes.get(metadata) ?? buildPrefix(config, metadata)
    prefixes.set(metadata, prefix)
    const codeChallenge = hash('sha256', attempt.codeVerifier, 'base64url')
    // All three are base64url: nothing to escape.
    return `${prefix}&state=${attempt.state}&nonce=${attempt.nonce}&code_challenge=${codeChallenge}`
  }
}

function buildPrefix(config: Config, metadata: ProviderMetadata): string {
  const { acrValues, prompt, maxAgeSeconds, responseMode } = config
  const url = buildAuthorizationUrl(createOpenidConfiguration(metadata, config.clientId), {
    ...config.authorizationParams,
    redirect_uri: config.redirectUri,
    scope: config.scope,
    code_challenge_method: 'S256',
    ...present({ prompt }),
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(Math.ceil(maxAgeSeconds)) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
    ...(responseMode === 'query' ? {} : { response_mode: responseMode }),
  })
  return url.href
}
