/** A public address split for comparing, with the text it came from. */
export interface PublicUrl {
  /** Scheme, host and port, as `URL` prints it. */
  readonly origin: string
  /** The path, without a trailing slash: '' for the root. */
  readonly path: string
  readonly isSecure: boolean
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

export function isLoopbackHost(hostname: string): boolean {
  return loopbackHosts.has(hostname)
}

/** Why the text cannot be one of our public addresses or an issuer, or its parts. */
export function parsePublicUrl(text: string): PublicUrl | string {
  if (/[\s\\\p{C}]/u.test(text)) return 'has a space, backslash or invisible character in it'
  if (text.includes('*')) return 'has a wildcard; one exact address is needed'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'must be an absolute URL, such as https://app.example.nhs.uk'
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || lacksHost(text))
    return 'must begin with https://'
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    return 'must be https (http only on localhost, 127.0.0.1 and [::1])'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (text.includes('?')) return 'must not have a query'
  if (text.includes('#')) return 'must not have a fragment'
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, ''), isSecure: url.protocol === 'https:' }
}

/**
 * The same of `baseUrl`, whose path stands in front of every address that browsers get: as it is written, browsers have
 * to ask for it, and two slashes at its beginning would lead to another host.
 */
export function parseBaseUrl(text: string): PublicUrl | string {
  const parsed = parsePublicUrl(text)
  if (typeof parsed === 'string') return parsed
  const { pathname } = new URL(text)
  const start = text.indexOf('/', text.indexOf('//') + 2)
  if (start !== -1 && text.slice(start) !== pathname)
    return `has a path that browsers change: write it as ${JSON.stringify(pathname)}`
  return parsed.path.includes('//') ? 'has two slashes in a row in its path' : parsed
}

/** Whether an address holds a user name or a password, which nobody but its owner may read. */
export function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

/** `URL` mends `https:host` and `https:///host`; a browser that is sent there stays on its own host. */
export function lacksHost(text: string): boolean {
  return /^https?:(?!\/\/[^/])/i.test(text)
}

const discoverySuffix = '/.well-known/openid-configuration'

/** The issuer and discovery address meant by the `issuer` option, both as written: `URL` would drop `:443`. */
export function issuerAddresses(issuerOrDiscoveryUrl: string): { issuer: string; discoveryUrl: string } {
  const issuer = issuerOrDiscoveryUrl.endsWith(discoverySuffix)
    ? issuerOrDiscoveryUrl.slice(0, -discoverySuffix.length)
    : issuerOrDiscoveryUrl
  return { issuer, discoveryUrl: `${issuer.replace(/\/$/, '')}${discoverySuffix}` }
}

/** Whether two issuers are the same but for an explicit default port (`:443`, `:80`); nothing else may differ. */
export function sameIssuer(a: string, b: string): boolean {
  return withoutDefaultPort(a) === withoutDefaultPort(b)
}

function withoutDefaultPort(url: string): string {
  return url
    .replace(/^(https:\/\/(?:\[[^\]]*\]|[^/:?#]*)):443(?=[/?#]|$)/, '$1')
    .replace(/^(http:\/\/(?:\[[^\]]*\]|[^/:?#]*)):80(?=[/?#]|$)/, '$1')
}
