import { requirements } from './conformance.js'
import type { RegistrationFlags } from './registration-flags.js'
import type { RegistrationSettings } from './registration-settings.js'

/** A client as the Connection Manager's API takes it. */
export interface ClientRegistration {
  readonly client_name: string
  readonly description?: string
  readonly redirect_uris: readonly string[]
  readonly backchannel_logout_uri?: string
  readonly token_endpoint_auth_method: 'private_key_jwt'
  readonly jwks_uri: string
  readonly jwks_uri_signing_algorithm: string
}

export function buildClient(
  { config, jwksUri, backChannelLogoutUri }: RegistrationSettings,
  { name, description }: RegistrationFlags,
): ClientRegistration {
  return {
    client_name: name ?? new URL(config.baseOrigin).hostname,
    ...(description === undefined ? {} : { description }),
    redirect_uris: [config.redirectUri],
    ...(backChannelLogoutUri === undefined ? {} : { backchannel_logout_uri: backChannelLogoutUri }),
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: jwksUri,
    jwks_uri_signing_algorithm: config.keys.signingKey.algorithm,
  }
}

/** A line of the conformance statement, as data. */
export function buildConformance({ config }: RegistrationSettings): object[] {
  return requirements.map(({ id, subject, setting, isMet, test }) => ({
    id,
    subject,
    isMet: isMet(config),
    setting: setting(config),
    test,
  }))
}

/** The registration as text of at most 80 columns; only addresses may be longer. */
export function describeRegistration(
  client: ClientRegistration,
  settings: RegistrationSettings,
  findings: readonly string[],
): string {
  const entries = {
    'Client name': client.client_name,
    ...(client.description === undefined ? {} : { Description: client.description }),
    'Redirect URI': client.redirect_uris.join(' '),
    'Back-channel logout URI': client.backchannel_logout_uri ?? 'none: backChannelLogout is false',
    'Token endpoint authentication method': client.token_endpoint_auth_method,
    'JWKS URI': client.jwks_uri,
    'Token endpoint signing algorithm': client.jwks_uri_signing_algorithm,
  }
  return [
    "Enter this in CIS2's Connection Manager, character by character:",
    '',
    ...Object.entries(entries).flatMap(([name, value]) => [`  ${name}`, `    ${value}`]),
    '',
    'CIS2 fetches the JWKS URI from the internet, without a login: try it from',
    'outside of your own network.',
    '',
    'How the settings meet the technical conformance:',
    '',
    ...requirements.flatMap(({ id, subject, setting, isMet, test }) => [
      ...wrap(`${isMet(settings.config) ? 'met    ' : 'NOT MET'}  ${id}: ${subject}`, 11),
      ...wrap(`         ${setting(settings.config)}`, 11),
      ...wrap(`         ${test.file}: "${test.title}"`, 11),
    ]),
    '',
    ...(findings.length === 0
      ? ['Nothing was found that CIS2 would not take.']
      : ['Found:', ...findings.flatMap((finding) => wrap(`- ${finding}`, 2))]),
  ].join('\n')
}

const columns = 80

/** Breaks a line between words; what follows the first line is indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.trimStart().split(' ')) {
    const longer = isEmpty ? line + word : `${line} ${word}`
    if (longer.length > columns && !isEmpty) {
      lines.push(line)
      line = ' '.repeat(indent) + word
    } else line = longer
    isEmpty = false
  }
  return [...lines, line]
}
