import type { RequestHandler } from 'express'
import { parseLoginExceptions, type LoginException } from './login-exceptions.js'
import { requireUser } from './require-user.js'

/**
 * Lets only people through who are logged in.
 *
 * Others: a page navigation goes to login and comes back; anything else (`fetch`, image, POST) gets 401
 * `application/problem+json` with the login URL, no redirect and no cookie.
 *
 * @param options.except requests that need no login, such as a health check behind a guard for everything; each by its
 *   exact path and method, without a query. Such a guard stands alone, not in `anyOf` or `allOf`. @default []
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` for an exception that is no plain path with one method
 * @since 0.1.0
 */
export function requireLogin(options: { readonly except?: readonly LoginException[] } = {}): RequestHandler {
  const isExcepted = parseLoginExceptions(options)
  const guard = requireUser(() => true)
  if (isExcepted === undefined) return guard
  return function cis2Guard(req, res, next) {
    if (isExcepted(req)) next()
    else guard(req, res, next)
  }
}
