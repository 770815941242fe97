import type { Request } from 'express'
import type { Cis2 } from '../cis2.js'
import { wiringOf } from '../wiring.js'
import { createAuthenticateRequest } from './authenticate-request.js'
import type { Cis2StrategyActions } from './strategy-actions.js'
import { acceptEveryone, type Cis2Verify } from './verify-user.js'

/**
 * CIS2 login for an application built on Passport 0.7: `passport.use(new Cis2Strategy(cis2))`, and
 * `passport.authenticate('cis2')` on a login path and on the path of `redirectUri`.
 *
 * It makes the same checks as the library's own routes. What comes after the login is Passport's: the session and its
 * new id, `req.user`, `req.logout()`.
 *
 * @since 0.1.0
 */
export class Cis2Strategy {
  /** What `passport.authenticate()` calls it, unless `passport.use()` gives it another name. */
  readonly name: string = 'cis2'
  /** Called by Passport, on an object that only inherits from this one. */
  readonly authenticate: (this: Cis2StrategyActions, req: Request, options?: object) => void

  /**
   * @param cis2 what `createCis2` returned
   * @param verify turns the person into the application's own user, or refuses them. @default everybody, as they are
   * @throws {TypeError} when `cis2` is something else, or `verify` no function
   */
  constructor(cis2: Cis2, verify: Cis2Verify = acceptEveryone) {
    const given: unknown = cis2
    const wiring = typeof given === 'object' && given !== null ? wiringOf(given) : undefined
    if (wiring === undefined)
      throw new TypeError('Cis2Strategy takes what createCis2() returned: not its options, nor a promise')
    if (typeof verify !== 'function')
      throw new TypeError('the verify callback of Cis2Strategy is no function')
    const authenticateRequest = createAuthenticateRequest(wiring, verify)
    this.authenticate = function authenticate(req, options = {}) {
      // Now, and not when CIS2 has answered: a strategy given to passport.authenticate() itself is one object for all
      // requests, and by then its actions are those of whoever came last.
      const { success, fail, redirect, error } = this
      authenticateRequest({ success, fail, redirect, error }, req, options)
    }
  }
}
