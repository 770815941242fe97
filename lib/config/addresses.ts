import { present } from '../present.js'
import { environments } from './environments.js'
import type { OptionReader } from './option-reader.js'
import { publicPath } from './public-path.js'
import { issuerAddresses, parseBaseUrl, parsePublicUrl } from './urls.js'

/** The routes of this library. */
export type RouteName =
  'login' | 'callback' | 'logout' | 'loggedOut' | 'backChannelLogout' | 'session' | 'role' | 'jwks'

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
  role: '/cis2/role',
  jwks: '/cis2/jwks',
}

// Literal characters only: Express reads `:`, `*`, `?`, `(` and `{` as patterns, differently in 4 and 5.
// Browsers take dot segments out before they ask.
const literalPath = /^(\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/
const localPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

export function parseAddresses(reader: OptionReader): Addresses | undefined {
  const issuer = parseIssuer(reader)
  const baseUrl = reader.requiredText('baseUrl')
  const base = baseUrl === undefined ? undefined : parseBaseUrl(baseUrl)
  if (typeof base === 'string') reader.report('baseUrl', base)
  const routes = parseRoutes(reader)
  const returnToDefault = parseLocalPath(reader.nested('returnTo'), 'default') ?? '/'
  const postLogoutPath = parseLocalPath(reader.nested('logout'), 'postLogoutPath')
  const redirectUri = reader.text('redirectUri')
  if (baseUrl === undefined || base === undefined || typeof base === 'string') {
    checkRoutes(reader, routes)
    return undefined
  }
  const { route, ...redirect } = parseCallback(reader, redirectUri, { ...base, baseUrl, routes })
  const places = {
    baseOrigin: base.origin,
    basePath: base.path,
    routes: Object.freeze({ ...routes, callback: route }),
  }
  checkRoutes(reader, places.routes)
  if (publicPath(returnToDefault, places) === undefined)
    reader.nested('returnTo').report('default', 'is one of the routes of this library')
  if (postLogoutPath !== undefined && publicPath(postLogoutPath, places) === undefined)
    reader.nested('logout').report('postLogoutPath', 'is one of the routes of this library')
  if (issuer === undefined) return undefined
  return {
    ...issuer,
    ...places,
    ...redirect,
    isSecure: base.isSecure,
    returnToDefault,
    ...present({ postLogoutPath }),
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

function parseRoutes(reader: OptionReader): Record<RouteName, string> {
  const given = reader.nested('routes')
  const routes = { ...defaultRoutes }
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
  return routes
}

function checkRoutes(reader: OptionReader, routes: Readonly<Record<RouteName, string>>): void {
  const paths = Object.values(routes).map((path) => path.toLowerCase())
  const shared = paths.find((path, index) => paths.indexOf(path) !== index)
  if (shared !== undefined)
    reader.report(
      'routes',
      `has two routes at one path, ${shared}; the callback is at that of \`redirectUri\``,
    )
}

interface Base {
  readonly baseUrl: string
  readonly origin: string
  readonly path: string
  readonly routes: Readonly<Record<RouteName, string>>
}

function parseCallback(
  reader: OptionReader,
  redirectUri: string | undefined,
  base: Base,
): { redirectUri: string; redirectPath: string; route: string } {
  const { callback } = base.routes
  const derived = {
    redirectUri: base.baseUrl.replace(/\/+$/, '') + callback,
    redirectPath: base.path + callback,
    route: callback,
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
  // Every request of ours is taken to be below the prefix, also where a proxy strips it.
  if (!`${redirectPath}/`.startsWith(`${base.path}/`))
    reader.report('redirectUri', `must be below the path of \`baseUrl\` (${base.path})`)
  const below = redirectPath.slice(base.path.length)
  // Routes answer with and without a slash at the end; the callback then compares the whole path.
  const route = below.replace(/\/$/, '')
  if (reader.nested('routes').raw('callback') !== undefined && route !== callback)
    reader.report('redirectUri', 'does not end in `routes.callback`: the callback would never arrive there')
  return { redirectUri, redirectPath, route: literalPath.test(route) ? route : callback }
}

function parseLocalPath(reader: OptionReader, name: string): string | undefined {
  const path = reader.text(name)
  if (path === undefined || localPath.test(path)) return path
  reader.report(name, 'must be a path of this application, such as /home')
  return undefined
}
