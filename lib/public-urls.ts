import { publicPath } from './config/public-path.js'
import type { Wiring } from './wiring.js'

/** The public path of the login route, with the page to come back to. */
export function loginUrl({ config }: Wiring, returnTo?: string): string {
  const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`
  return `${config.basePath}${config.routes.login}${query}`
}

/** The public path of the role route, with the page to come back to. */
export function roleUrl({ config }: Wiring, returnTo: string): string {
  return `${config.basePath}${config.routes.role}?returnTo=${encodeURIComponent(returnTo)}`
}

/** Where people land when nothing better is known. */
export function homeUrl({ config }: Wiring): string {
  return publicPath(config.returnToDefault, config) ?? `${config.basePath}/`
}

/** The public path that a form posts to, to log out. */
export function logoutUrl({ config }: Wiring): string {
  return config.basePath + config.routes.logout
}

/** The page of the request as the browser sees it: path and query. */
export function publicAddress(wiring: Wiring, req: { readonly originalUrl: string }): string {
  const { path, query } = publicLocation(wiring, req)
  return query === '' ? path : `${path}?${query}`
}

/** The path of the request as the browser sees it, and its query, untouched by Express's parsers. */
export function publicLocation(
  { config }: Wiring,
  req: { readonly originalUrl: string },
): { path: string; query: string } {
  const { path, query } = ownLocation(req)
  const isPublic =
    config.basePath === '' || path === config.basePath || path.startsWith(`${config.basePath}/`)
  return { path: isPublic ? path : config.basePath + path, query }
}

/**
 * Whether the request may be for this public path. Where a proxy strips the prefix of `baseUrl`, what is left can begin
 * with the same words again (`/cis2/cis2/callback`), so that it is read both ways.
 *
 * @param comparable what of a path counts
 */
export function isAtPath(
  { config }: Wiring,
  req: { readonly originalUrl: string },
  publicPath: string,
  comparable: (path: string) => string = (path) => path,
): boolean {
  const { path } = ownLocation(req)
  return [path, config.basePath + path].some((each) => comparable(each) === comparable(publicPath))
}

/** What of a path counts as Express matches paths by default: not its case, and not a slash at the end. */
export function asRouted(path: string): string {
  return path.toLowerCase().replace(/\/$/, '')
}

/** Path and query as this application gets them. */
function ownLocation({ originalUrl }: { readonly originalUrl: string }): { path: string; query: string } {
  // Absolute-form request lines keep scheme and host in originalUrl; they say nothing that counts here.
  const url = originalUrl.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = url.indexOf('?')
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}
