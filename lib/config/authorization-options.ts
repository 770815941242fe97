import { present } from '../present.js'
import type { OptionReader } from './option-reader.js'
import { hasMembers, readOwnMembers, unreadableProblem } from './own-members.js'

/** What is asked of CIS2, and what is demanded of its answer. */
export interface AuthorizationConfig {
  readonly scope: string
  /** Where a person with several roles chooses the one they work in. */
  readonly choosesRoleAt: 'app' | 'cis2'
  /** How old role data may be that guards look at, in seconds; `Infinity` where only the login's end bounds it. */
  readonly maximumRoleAgeSeconds: number
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
  const acrValues = parseAcrValues(reader)
  const role = reader.nested('role')
  const choosesRoleAt = role.oneOf('choose', ['app', 'cis2'], 'app')
  const maximumRoleAgeMinutes = role.number('maximumAgeMinutes', Infinity, { above: 0, unit: 'minutes' })
  const responseMode = reader.oneOf('responseMode', ['query', 'form_post'], 'query')
  if (responseMode === 'form_post' && !isSecure) {
    reader.report(
      'responseMode',
      'form_post needs an https `baseUrl`: the browser sends no cookie with a cross-site POST otherwise',
    )
  }
  return {
    scope: parseScope(reader, choosesRoleAt),
    choosesRoleAt,
    maximumRoleAgeSeconds: maximumRoleAgeMinutes * 60,
    acrValues,
    ...parsePrompt(reader, choosesRoleAt),
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

// One class each: they are sent with spaces between them, and an answer names one. Quotes are what JSON and shells leave.
const acrValue = /^(?:(?!["'`\\])[\x21-\x7e])+$/

function parseAcrValues(reader: OptionReader): readonly string[] {
  const acrValues = reader.texts('acrValues')
  if (!acrValues.every((each) => acrValue.test(each)))
    reader.report('acrValues', "must be one class each, without spaces and quotes, such as ['AAL3_ANY']")
  return acrValues
}

function parseScope(reader: OptionReader, choosesRoleAt: 'app' | 'cis2'): string {
  const scope = reader.text('scope') ?? 'openid profile nationalrbacaccess'
  const scopes = scope.split(' ')
  if (scopes.some((each) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(each)))
    reader.report('scope', 'must be scope names with one space between them')
  else if (!scopes.includes('openid')) reader.report('scope', 'must contain openid')
  return choosesRoleAt === 'cis2' && !scopes.includes('selectedrole') ? `${scope} selectedrole` : scope
}

function parsePrompt(
  reader: OptionReader,
  choosesRoleAt: 'app' | 'cis2',
): { prompt?: string; maxAgeSeconds?: number } {
  const hasMaxAge = reader.raw('maxAgeSeconds') !== undefined
  const maxAgeSeconds = reader.number('maxAgeSeconds', 300, {
    above: 0,
    atMost: 300,
    unit: 'seconds',
  })
  const given = reader.raw('prompt')
  const fallback = hasMaxAge && choosesRoleAt === 'app' ? undefined : 'login'
  const prompt = given === false ? undefined : (reader.text('prompt') ?? fallback)
  // Every guard leads to a login: one that may never ask anybody who they are could only fail, over and over.
  if (prompt?.toLowerCase().split(' ').includes('none'))
    reader.report(
      'prompt',
      "is 'none': such a login fails for everybody whom CIS2 would have to ask who they are",
    )
  if (choosesRoleAt === 'cis2' && prompt !== 'login')
    reader.nested('role').report('choose', "is 'cis2', which asks for a role with `prompt: 'login'` only")
  return present({ prompt, maxAgeSeconds: hasMaxAge ? maxAgeSeconds : undefined })
}

function parseAuthorizationParams(reader: OptionReader): Readonly<Record<string, string>> {
  const given = reader.raw('authorizationParams')
  if (given === undefined) return Object.freeze({})
  if (!hasMembers(given)) {
    reader.report('authorizationParams', 'must be an object of texts')
    return Object.freeze({})
  }
  const { members, names, unreadable } = readOwnMembers(given)
  if (unreadable.includes('')) reader.report('authorizationParams', unreadableProblem)
  const texts = names.flatMap((name): [string, string][] => {
    const value = Object.hasOwn(members, name) ? members[name] : undefined
    const option = `authorizationParams.${name}`
    if (protocolOwned.has(name.toLowerCase()))
      reader.report(option, 'is sent by this library itself; use the option for it, if there is one')
    else if (unreadable.includes(name)) reader.report(option, unreadableProblem)
    else if (typeof value === 'string') return [[name, value]]
    else reader.report(option, 'must be text')
    return []
  })
  return Object.freeze(Object.fromEntries(texts))
}
