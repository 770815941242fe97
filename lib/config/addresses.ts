import { environments } from './environments.js'
import { optionNames } from './option-names.js'
import type { OptionReader } from './option-reader.js'
import { issuerAddresses, parsePublicUrl } from './urls.js'

/** The routes of this library that exist in this version. */
export type RouteName =
  'login' | 'callback' | 'logout' | 'loggedOut' | 'backChannelLogout' | 'session' | 'jwks'

/** Every address of the application and of CIS2, as text exactly as configured. */
export interface Addresses {
  readonly issuer: string
  readonly discoveryUrl: string
  /** Scheme, host and port of `baseUrl`. */
  readonly baseOrigin: string
  /** The path prefix of `baseUrl`, without a trailing slash: '' for none. */
  readonly basePath: string
  readonly isSecure: boolean
  readonly redirectUri: string
  /** The public path of `redirectUri`. */
  readonly redirectPath: string
  readonly routes: Readonly<Record<RouteName, string>>
  readonly returnToDefault: string
  readonly postLogoutPath?: string
}

const defaultRoutes: Readonly<Record<RouteName, string>> = {
  login: '/cis2/login',
  callback: '/cis2/callback',
  logout: '/cis2/logout',
  loggedOut: '/cis2/logged-out',
  backChannelLogout: '/cis2/back-channel-logout',
  session: '/cis2/session',
  jwks: '/cis2/jwks',
}

// Literal characters only: Express reads `:`, `*`, `?`, `(` and `{` as patterns, differently in 4 and 5.
const literalPath = /^(\/[A-Za-z0-9._~-]+)+$/
const localPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

export function parseAddresses(reader: OptionReader): Addresses | undefined {
  const issuer = parseIssuer(reader)
  const baseUrl = reader.requiredText('baseUrl')
  const base = baseUrl === undefined ? undefined : parsePublicUrl(baseUrl)
  if (typeof base === 'string') reader.report('baseUrl', base)
  const routes = parseRoutes(reader)
  const returnToDefault = parseLocalPath(reader.nested('returnTo', optionNames.returnTo), 'default') ?? '/'
  const postLogoutPath = parseLocalPath(reader.nested('logout', optionNames.logout), 'postLogoutPath')
  const redirectUri = reader.text('redirectUri')
  if (issuer === undefined || baseUrl === undefined || base === undefined || typeof base === 'string')
    return undefined
  const callback = parseCallback(reader, redirectUri, { ...base, baseUrl, callbackRoute: routes.callback })
  return {
    ...issuer,
    baseOrigin: base.origin,
    basePath: base.path,
    isSecure: base.isSecure,
    redirectUri: callback.redirectUri,
    redirectPath: callback.redirectPath,
    routes: Object.freeze({ ...routes, callback: callback.route }),
    returnToDefault,
    ...(postLogoutPath === undefined ? {} : { postLogoutPath }),
  }
}

function parseIssuer(reader: OptionReader): { issuer: string; discoveryUrl: string } | undefined {
  const names = Object.keys(environments) as (keyof typeof environments)[]
  const hasEnvironment = reader.raw('environment') !== undefined
  const hasIssuer = reader.raw('issuer') !== undefined
  if (hasEnvironment === hasIssuer) {
    reader.report(
      'environment',
      hasIssuer
        ? 'is given as well as `issuer`: give one of them'
        : 'is missing: give `environment` or `issuer`',
    )
    return undefined
  }
  if (hasEnvironment) {
    const environment = reader.oneOf('environment', names, 'integration')
    return {
      issuer: environments[environment],
      discoveryUrl: discoveryUrlWithoutPort(environments[environment]),
    }
  }
  const issuer = reader.text('issuer')
  if (issuer === undefined) return undefined
  const problem = parsePublicUrl(issuer)
  if (typeof problem !== 'string') return issuerAddresses(issuer)
  reader.report('issuer', problem)
  return undefined
}

// NHS England publishes the discovery addresses without the port that stands in the issuer.
function discoveryUrlWithoutPort(issuer: string): string {
  return issuerAddresses(issuer).discoveryUrl.replace(':443/', '/')
}

function parseRoutes(reader: OptionReader): Record<RouteName, string> & { isCallbackGiven: boolean } {
  const given = reader.nested('routes', optionNames.routes)
  const routes = { ...defaultRoutes, isCallbackGiven: given.raw('callback') !== undefined }
  for (const name of Object.keys(defaultRoutes) as RouteName[]) {
    const path = given.text(name)
    if (path === undefined) continue
    if (literalPath.test(path)) routes[name] = path
    else
      given.report(
        name,
        'must be a path such as /cis2/login: letters, digits and -._~ between single slashes, none at the end',
      )
  }
  const paths = (Object.keys(defaultRoutes) as RouteName[]).map((name) => routes[name].toLowerCase())
  if (new Set(paths).size < paths.length) reader.report('routes', 'has two routes at one path')
  return routes
}

interface Base {
  readonly baseUrl: string
  readonly origin: string
  readonly path: string
  readonly callbackRoute: string
}

function parseCallback(
  reader: OptionReader,
  redirectUri: string | undefined,
  base: Base,
): { redirectUri: string; redirectPath: string; route: string } {
  const derived = {
    redirectUri: base.baseUrl.replace(/\/+$/, '') + base.callbackRoute,
    redirectPath: base.path + base.callbackRoute,
    route: base.callbackRoute,
  }
  if (redirectUri === undefined) return derived
  const parsed = parsePublicUrl(redirectUri)
  if (typeof parsed === 'string') {
    reader.report('redirectUri', parsed)
    return derived
  }
  // The attempt's cookie is set on baseUrl's host; on another host it would never come back.
  if (parsed.origin !== base.origin)
    reader.report('redirectUri', `must have the same scheme, host and port as \`baseUrl\` (${base.origin})`)
  const redirectPath = new URL(redirectUri).pathname
  const route = redirectPath.startsWith(`${base.path}/`) ? redirectPath.slice(base.path.length) : redirectPath
  if (
    reader.nested('routes', optionNames.routes).raw('callback') !== undefined &&
    route !== base.callbackRoute
  ) {
    reader.report('redirectUri', 'does not end in `routes.callback`: the callback would never arrive there')
  }
  return { redirectUri, redirectPath, route: literalPath.test(route) ? route : base.callbackRoute }
}

function parseLocalPath(reader: OptionReader, name: string): string | undefined {
  const path = reader.text(name)
  if (path === undefined || localPath.test(path)) return path
  reader.report(name, 'must be a path of this application, such as /home')
  return undefined
}
