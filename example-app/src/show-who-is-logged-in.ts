import type { RequestHandler } from 'express'
import { displayName } from './describe-person.js'

/** Gives every view the person, or the log in link, for its header, and the session warning what it needs. */
export function showWhoIsLoggedIn(): RequestHandler {
  return (req, res, next) => {
    const { user, session } = req.cis2
    if (user === undefined) {
      res.locals.loginUrl = req.cis2.loginUrl('/account')
    } else {
      res.locals.personName = displayName(user)
      if (user.roles.length > 1)
        res.locals.changeRoleUrl = `/cis2/role?returnTo=${encodeURIComponent(req.originalUrl)}`
      res.locals.loginEndsAt = session?.absoluteExpiresAt
      // The guards do this for the pages behind them. The name in the header makes every page personal, so that
      // none may come back from the browser's memory after "Log out".
      res.set('Cache-Control', 'no-store')
    }
    next()
  }
}
