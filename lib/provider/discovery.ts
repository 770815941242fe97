import { isIP } from 'node:net'
import { isLoopbackHost, lacksHost, sameIssuer } from '../config/urls.js'
import { ProviderError } from '../errors.js'
import { quoteAddress } from '../untrusted-text.js'
import { fetchDocument } from './fetch-document.js'
import type { Transport } from './transport.js'

/**
 * What this library uses of a discovery document (OpenID Connect Discovery 1.0, section 3). Every address is the text
 * that was received: CIS2's carry `:443`, which `URL` would drop, and they are signed and compared as text.
 */
export interface ProviderMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly userinfo_endpoint?: string
  readonly end_session_endpoint?: string
  readonly authorization_response_iss_parameter_supported: boolean
  /** What the document says that does not fit, and that is not a reason to stop. */
  readonly warnings: readonly string[]
}

const codes = {
  unavailable: 'ERR_CIS2_DISCOVERY_UNAVAILABLE',
  invalid: 'ERR_CIS2_DISCOVERY_INVALID',
} as const
const required = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
const optional = ['userinfo_endpoint', 'end_session_endpoint'] as const

/** What this application expects of the document. */
export interface ExpectedMetadata {
  readonly issuer: string
  readonly discoveryUrl: string
  readonly idTokenSigningAlgorithm: string
  readonly logsOutAtProvider: boolean
}

/** @throws {ProviderError} `ERR_CIS2_DISCOVERY_…`, `ERR_CIS2_ISSUER_MISMATCH`, `ERR_CIS2_ENDPOINT_REFUSED` */
export async function fetchMetadata(
  transport: Transport,
  expected: ExpectedMetadata,
  signal: AbortSignal,
): Promise<ProviderMetadata> {
  return parseMetadata(await fetchDocument(transport, expected.discoveryUrl, codes, signal), expected)
}

/** @throws {ProviderError} `ERR_CIS2_DISCOVERY_INVALID`, `ERR_CIS2_ISSUER_MISMATCH`, `ERR_CIS2_ENDPOINT_REFUSED` */
export function parseMetadata(document: unknown, expected: ExpectedMetadata): ProviderMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ProviderError('ERR_CIS2_DISCOVERY_INVALID', `${expected.discoveryUrl} is not a JSON object`)
  }
  const member = (name: string): unknown =>
    Object.hasOwn(document, name) ? Reflect.get(document, name) : undefined
  const issuer = member('issuer')
  if (typeof issuer !== 'string')
    throw new ProviderError('ERR_CIS2_DISCOVERY_INVALID', 'the discovery document has no issuer')
  if (!sameIssuer(issuer, expected.issuer)) {
    throw new ProviderError(
      'ERR_CIS2_ISSUER_MISMATCH',
      `configured ${JSON.stringify(expected.issuer)}, and the document says ${quoteAddress(issuer)}`,
    )
  }
  const endpoints = Object.fromEntries(
    [...required, ...optional].flatMap((name) => {
      const url = member(name)
      // Some write null or an empty text for what they leave out.
      const isLeftOut = url === undefined || url === null || url === ''
      if (isLeftOut && optional.some((each) => each === name)) return []
      return [[name, checkEndpoint(name, url, issuer)]]
    }),
  ) as Pick<ProviderMetadata, (typeof required)[number] | (typeof optional)[number]>
  return Object.freeze({
    issuer,
    ...endpoints,
    authorization_response_iss_parameter_supported:
      member('authorization_response_iss_parameter_supported') === true,
    warnings: Object.freeze(findWarnings(member, expected)),
  })
}

function checkEndpoint(name: string, text: unknown, issuer: string): string {
  // `URL` would pass over spaces and line breaks, and our parameters would end up in a fragment.
  if (typeof text !== 'string' || /[\s\p{Cc}#\\]/u.test(text) || lacksHost(text) || !URL.canParse(text)) {
    throw new ProviderError(
      'ERR_CIS2_DISCOVERY_INVALID',
      `${name} is missing from the discovery document or is not a URL`,
    )
  }
  const { protocol, hostname, username, password } = new URL(text)
  const home = new URL(issuer)
  const isAllowedScheme =
    protocol === 'https:' || (protocol === 'http:' && home.protocol === 'http:' && isLoopbackHost(hostname))
  // A document that points into our own network would make this server call what only it can reach.
  const isInward = isPrivateHost(hostname) && hostname !== home.hostname && !isLoopbackHost(home.hostname)
  if (isAllowedScheme && !isInward && username === '' && password === '') return text
  throw new ProviderError(
    'ERR_CIS2_ENDPOINT_REFUSED',
    `${name} is ${quoteAddress(text)}: https on a public host is expected`,
  )
}

// This network, private use, shared address space, loopback, link local (RFC 6890).
const privateIPv4 =
  /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./

function isPrivateHost(host: string): boolean {
  // The dot of a fully qualified name, which resolves alike.
  const hostname = host.replace(/\.$/, '')
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  const address = hostname.replace(/^\[|\]$/g, '')
  if (isIP(address) === 4) return privateIPv4.test(address)
  // Loopback, unspecified, IPv4 in three spellings (mapped, NAT64, 6to4), unique local and link local.
  return isIP(address) === 6 && /^(::|64:ff9b:|2002:|f[cd]|fe[89ab])/i.test(address)
}

function findWarnings(member: (name: string) => unknown, expected: ExpectedMetadata): string[] {
  const warnings: string[] = []
  const lists = (name: string, value: string): boolean => {
    const list = member(name)
    return !Array.isArray(list) || list.includes(value)
  }
  if (!lists('token_endpoint_auth_methods_supported', 'private_key_jwt'))
    warnings.push('token_endpoint_auth_methods_supported does not name private_key_jwt')
  if (!lists('code_challenge_methods_supported', 'S256'))
    warnings.push('code_challenge_methods_supported does not name S256')
  if (!lists('response_types_supported', 'code')) warnings.push('response_types_supported does not name code')
  if (!lists('id_token_signing_alg_values_supported', expected.idTokenSigningAlgorithm))
    warnings.push(
      `id_token_signing_alg_values_supported does not name ${expected.idTokenSigningAlgorithm}, the only algorithm that is accepted`,
    )
  if (expected.logsOutAtProvider && !member('end_session_endpoint'))
    warnings.push('end_session_endpoint is missing: logging out ends the login here and not at CIS2')
  return warnings
}
