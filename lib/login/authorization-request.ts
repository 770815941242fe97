import { hash } from 'node:crypto'
import { buildAuthorizationUrl } from 'openid-client'
import type { LoginAttempt } from '../attempt/login-attempts.js'
import type { StepUp } from '../attempt/login-wish.js'
import type { Config } from '../config/config.js'
import { present } from '../present.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import { createOpenidConfiguration } from '../provider/openid-configuration.js'
import { acrValuesFor } from '../user/assurance.js'

/** What a login is for, beside getting in. */
interface Purpose {
  readonly stepUp?: StepUp | undefined
  readonly changesRole: boolean
}

// The part of the address that is the same for every plain login, made once for each copy of the metadata.
const plainPrefixes = new WeakMap<Config, { readonly metadata: ProviderMetadata; readonly prefix: string }>()

/**
 * Attempt → the address at CIS2 to send the browser to: the authorization request (OpenID Connect Core 1.0, 3.1.2.1)
 * with state, nonce and PKCE S256 (RFC 7636).
 */
export function buildAuthorizationRequest(
  config: Config,
  metadata: ProviderMetadata,
  { attempt, changesRole }: { attempt: LoginAttempt; changesRole: boolean },
): string {
  const { stepUp } = attempt
  const isPlain = stepUp === undefined && !changesRole
  const prefix = isPlain
    ? plainPrefix(config, metadata)
    : buildPrefix(config, metadata, { stepUp, changesRole })
  const codeChallenge = hash('sha256', attempt.codeVerifier, 'base64url')
  // All three are base64url: nothing to escape.
  return `${prefix}&state=${attempt.state}&nonce=${attempt.nonce}&code_challenge=${codeChallenge}`
}

function plainPrefix(config: Config, metadata: ProviderMetadata): string {
  const known = plainPrefixes.get(config)
  if (known?.metadata === metadata) return known.prefix
  const prefix = buildPrefix(config, metadata, { changesRole: false })
  plainPrefixes.set(config, { metadata, prefix })
  return prefix
}

function buildPrefix(config: Config, metadata: ProviderMetadata, purpose: Purpose): string {
  const { responseMode } = config
  const { prompt, maxAgeSeconds, acrValues } = authenticationFor(config, purpose)
  const url = buildAuthorizationUrl(createOpenidConfiguration(metadata, config.clientId), {
    ...config.authorizationParams,
    redirect_uri: config.redirectUri,
    scope: purpose.changesRole ? scopeToChangeRole(config.scope) : config.scope,
    code_challenge_method: 'S256',
    ...present({ prompt }),
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(Math.ceil(maxAgeSeconds)) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
    ...(responseMode === 'query' ? {} : { response_mode: responseMode }),
  })
  return url.href
}

function authenticationFor(
  config: Config,
  { stepUp, changesRole }: Purpose,
): Pick<Config, 'acrValues'> & { prompt?: string | undefined; maxAgeSeconds?: number | undefined } {
  if (stepUp === undefined) return changesRole ? { ...config, prompt: 'login' } : config
  const { authentication } = stepUp
  const mostSeconds = config.maxAgeSeconds ?? config.maximumAuthAgeSeconds
  const maxAgeSeconds =
    stepUp.maxAgeSeconds === undefined ? config.maxAgeSeconds : Math.min(stepUp.maxAgeSeconds, mostSeconds)
  return {
    // Without it, CIS2's single sign-on could answer with the login that was too weak or too old.
    prompt: 'login',
    acrValues:
      authentication === undefined ? config.acrValues : acrValuesFor(authentication, config.acrValues),
    ...present({ maxAgeSeconds }),
  }
}

/** CIS2 asks anew with `changedrole`, where `selectedrole` would keep to the role chosen before. */
function scopeToChangeRole(scope: string): string {
  const others = scope.split(' ').filter((each) => each !== 'selectedrole' && each !== 'changedrole')
  return [...others, 'changedrole'].join(' ')
}
