import type { RequestHandler } from 'express'

/**
 * A route that is nobody's session. With `rolling` or `saveUninitialized`, express-session would set a cookie on its
 * answer: of no use to CIS2, and harmful in a shared cache.
 */
export function withoutSession(route: RequestHandler): RequestHandler {
  return (req, res, next) => {
    Object.assign(req, { session: undefined, sessionID: undefined })
    return route(req, res, next)
  }
}

/** A route alone: answers exactly where it is mounted, and nowhere below. */
export function atItsMountPoint(route: RequestHandler): RequestHandler {
  return (req, res, next) => (req.path === '/' ? void route(req, res, next) : next())
}

/**
 * All routes behind one look-up: the application's own requests pay for one, and not for a pattern per route. Paths
 * match as Express matches them by default, whatever their case and with or without a slash at the end.
 */
export function routeByPath(
  authenticate: RequestHandler,
  withoutSession: ReadonlySet<RequestHandler | undefined>,
  routes: Readonly<Record<string, RequestHandler>>,
): RequestHandler {
  const byPath = new Map(Object.entries(routes).map(([path, route]) => [path.toLowerCase(), route]))
  return function cis2Router(req, res, next) {
    const route = byPath.get(req.path.toLowerCase().replace(/\/$/, ''))
    if (route !== undefined && withoutSession.has(route)) route(req, res, next)
    else
      authenticate(
        req,
        res,
        route === undefined
          ? next
          : (error?: unknown) => (error === undefined ? route(req, res, next) : next(error)),
      )
  }
}
