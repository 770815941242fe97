import passport from 'passport'
import type { Express, NextFunction, Request, Response } from 'express'
import type { AuthenticateOptions, PassportStatic } from 'passport'
import type { Cis2 } from '../../lib/index.js'
import { Cis2Strategy, type Cis2Verify } from '../../lib/passport/index.js'
import type { AppSettings } from './app.js'

export const loginPath = '/auth/cis2'
export const callbackPath = '/auth/cis2/callback'

export interface PassportAppSettings extends AppSettings {
  verify?: Cis2Verify
  /** What `passport.authenticate()` is given on the callback path. */
  authenticateOptions?: AuthenticateOptions
  /** What is mounted on the callback path in place of `passport.authenticate('cis2', …)`. */
  callback?: (passport: PassportStatic) => (req: Request, res: Response, next: NextFunction) => void
  /** Runs when Passport's own routes are there. */
  extend?: (app: Express, passport: PassportStatic, cis2: Cis2) => void
}

/** Settings for an application as teams have built it on Passport, with `passport.session()` and its own logout. */
export function onPassport(settings: PassportAppSettings = {}): AppSettings {
  const { verify, authenticateOptions = {}, callback, extend, ...others } = settings
  return {
    routes: { login: loginPath, callback: callbackPath },
    mount(app, cis2) {
      const own = new passport.Passport() as PassportStatic
      own.serializeUser((user, done) => done(null, user))
      own.deserializeUser((user, done) => done(null, user as Express.User))
      own.use(verify === undefined ? new Cis2Strategy(cis2) : new Cis2Strategy(cis2, verify))
      app.use('/auth/cis2/jwks', cis2.jwks())
      app.use(own.initialize())
      if (settings.sessionOptions !== false) app.use(own.session())
      app.get(loginPath, own.authenticate('cis2'))
      app.all(callbackPath, callback?.(own) ?? own.authenticate('cis2', authenticateOptions), (req, res) =>
        res.redirect(req.authInfo?.returnTo ?? '/no-return-to'),
      )
      app.get('/who', (req, res) => {
        res.json({ user: req.user ?? null, is: req.isAuthenticated(), session: req.session })
      })
      app.post('/leave', (req, res, next) => {
        req.logout((error) => (error ? next(error) : res.redirect('/')))
      })
      extend?.(app, own, cis2)
    },
    ...others,
  }
}
