import { present } from '../present.js'
import type { OptionReader } from './option-reader.js'

/** What is asked of CIS2, and what is demanded of its answer. */
export interface AuthorizationConfig {
  readonly scope: string
  readonly acrValues: readonly string[]
  readonly prompt?: string
  readonly maxAgeSeconds?: number
  readonly responseMode: 'query' | 'form_post'
  readonly authorizationParams: Readonly<Record<string, string>>
  readonly minimumIdentityAssurance: number
  readonly minimumAuthenticationAssurance: number
  readonly maximumAuthAgeSeconds: number
}

const protocolOwned = new Set(
  'client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt max_age acr_values request request_uri claims id_token_hint'.split(
    ' ',
  ),
)

export function parseAuthorizationOptions(reader: OptionReader, isSecure: boolean): AuthorizationConfig {
  const acrValues = reader.texts('acrValues')
  const responseMode = reader.oneOf('responseMode', ['query', 'form_post'], 'query')
  if (responseMode === 'form_post' && !isSecure) {
    reader.report(
      'responseMode',
      'form_post needs an https `baseUrl`: the browser sends no cookie with a cross-site POST otherwise',
    )
  }
  return {
    scope: parseScope(reader),
    acrValues,
    ...parsePrompt(reader),
    responseMode,
    authorizationParams: parseAuthorizationParams(reader),
    minimumIdentityAssurance: reader.number('minimumIdentityAssurance', 3, {
      atLeast: 0,
      atMost: 3,
      integer: true,
      unit: 'levels',
    }),
    minimumAuthenticationAssurance: reader.number(
      'minimumAuthenticationAssurance',
      acrValues.some((value) => value.startsWith('AAL2')) ? 2 : 3,
      { atLeast: 1, atMost: 3, integer: true, unit: 'levels' },
    ),
    maximumAuthAgeSeconds: reader.number('maximumAuthAgeSeconds', 300, { above: 0, unit: 'seconds' }),
  }
}

function parseScope(reader: OptionReader): string {
  const scope = reader.text('scope') ?? 'openid profile nationalrbacaccess'
  const scopes = scope.split(' ')
  if (scopes.some((each) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(each)))
    reader.report('scope', 'must be scope names with one space between them')
  else if (!scopes.includes('openid')) reader.report('scope', 'must contain openid')
  return scope
}

function parsePrompt(reader: OptionReader): { prompt?: string; maxAgeSeconds?: number } {
  const hasMaxAge = reader.raw('maxAgeSeconds') !== undefined
  const maxAgeSeconds = reader.number('maxAgeSeconds', 300, {
    above: 0,
    atMost: 300,
    unit: 'seconds',
  })
  const given = reader.raw('prompt')
  const prompt = given === false ? undefined : (reader.text('prompt') ?? (hasMaxAge ? undefined : 'login'))
  return present({ prompt, maxAgeSeconds: hasMaxAge ? maxAgeSeconds : undefined })
}

function parseAuthorizationParams(reader: OptionReader): Readonly<Record<string, string>> {
  const given = reader.raw('authorizationParams')
  if (given === undefined) return Object.freeze({})
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    reader.report('authorizationParams', 'must be an object of texts')
    return Object.freeze({})
  }
  const entries = Object.entries(given)
  for (const [name, value] of entries) {
    if (protocolOwned.has(name.toLowerCase()))
      reader.report(
        `authorizationParams.${name}`,
        'is sent by this library itself; use the option for it, if there is one',
      )
    else if (typeof value !== 'string') reader.report(`authorizationParams.${name}`, 'must be text')
  }
  return Object.freeze(Object.fromEntries(entries.map(([name, value]) => [name, String(value)])))
}
