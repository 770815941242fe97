import type { RequestHandler } from 'express'
import { useDictionaryMode } from './dictionary-mode.js'
import { ConfigurationError } from './errors.js'
import { asRouted } from './public-urls.js'

/**
 * A route that is nobody's session. With `rolling` or `saveUninitialized`, express-session would set a cookie on its
 * answer: of no use to CIS2, and harmful in a shared cache.
 */
export function withoutSession(route: RequestHandler): RequestHandler {
  return (req, res, next) => {
    // Before express-session there is nothing to take away, and taking it away costs more than the rest of the route.
    if (req.session !== undefined) Object.assign(req, { session: undefined, sessionID: undefined })
    useDictionaryMode(req, res)
    return route(req, res, next)
  }
}

/**
 * A route alone: answers exactly where it is mounted, and nowhere below. Given to `app.get(path, …)` in the place of
 * `app.use(path, …)`, Express leaves the path in the address, and has compared it already.
 */
export function atItsMountPoint(route: RequestHandler): RequestHandler {
  return function cis2RouteAlone(req, res, next) {
    // The address as it is, first: Express has to take it apart to tell the path.
    const isHere = req.url === '/' || req.path === '/' || isHandlerOf(req.route, cis2RouteAlone)
    if (isHere) route(req, res, next)
    else next()
  }
}

// A route that ran earlier stays on the request: this one is the request's own only when the handler is one of its.
function isHandlerOf(route: unknown, handler: RequestHandler): boolean {
  const layers: unknown =
    typeof route === 'object' && route !== null ? Reflect.get(route, 'stack') : undefined
  return Array.isArray(layers) && layers.some((layer: { handle?: unknown }) => layer.handle === handler)
}

/**
 * All routes behind one look-up: the application's own requests pay for one, and not for a pattern per route.
 *
 * @param sessionless the routes that `authenticate` does not come before
 */
export function routeByPath(
  authenticate: RequestHandler,
  sessionless: ReadonlySet<RequestHandler | undefined>,
  routes: Readonly<Record<string, RequestHandler>>,
): RequestHandler {
  const byPath = new Map(Object.entries(routes).map(([path, route]) => [asRouted(path), route]))
  return function cis2Router(req, res, next) {
    const route = byPath.get(asRouted(req.path))
    if (route === undefined) authenticate(req, res, next)
    else if (sessionless.has(route)) route(req, res, next)
    else
      authenticate(req, res, (error?: unknown) => (error === undefined ? route(req, res, next) : next(error)))
  }
}

/**
 * A method that makes middleware. Given to Express without being called it would answer nothing, and the request would
 * hang: it is called with the request then, and says what is wrong.
 *
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` when it is called with anything
 */
export function calledBeforeUse(name: string, make: () => RequestHandler): () => RequestHandler {
  return (...given: readonly unknown[]) => {
    if (given.length === 0) return make()
    throw new ConfigurationError(
      'ERR_CIS2_GUARD',
      `cis2.${name} takes no arguments: write app.use(cis2.${name}()), with parentheses`,
    )
  }
}
