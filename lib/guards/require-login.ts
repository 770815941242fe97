import type { RequestHandler } from 'express'
import { guard } from './require-user.js'

/**
 * Lets only people through who are logged in.
 *
 * Others: a page navigation goes to login and comes back; anything else (`fetch`, image, POST) gets 401
 * `application/problem+json` with the login URL, no redirect and no cookie.
 */
export function requireLogin(): RequestHandler {
  return guard(() => true)
}
