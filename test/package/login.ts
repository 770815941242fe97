// An application built on Passport, and its test, from TypeScript: the types of Passport and of supertest stand beside
// those of the package. Compiled and run as an ES module and as CommonJS, with the types of Express 4 and of Express 5.
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import { createCis2, type Cis2User } from 'express-cis2'
import { Cis2Strategy, type Cis2LoginFailure, type Cis2Verify } from 'express-cis2/passport'
import { startSimulator } from 'express-cis2/simulator'
import { logIn, type LogInOptions } from 'express-cis2/testing'

declare global {
  namespace Express {
    interface User {
      visits?: number
    }
  }
}

const verify: Cis2Verify = (req, user, tokens, done) => {
  const text: string = tokens.idToken + req.path
  done(null, text === '' ? false : { ...user, visits: 1 }, { isNew: true })
}

async function main(): Promise<void> {
  const simulator = await startSimulator()
  const baseUrl = 'http://localhost:3999'
  const secret = 'an-invented-secret-of-more-than-32-characters'
  const cis2 = createCis2({ issuer: simulator.issuer, ...simulator.client, baseUrl, secret })

  passport.use(new Cis2Strategy(cis2, verify))
  passport.use('again', new Cis2Strategy(cis2))
  // @ts-expect-error The strategy takes what createCis2 made.
  const wrong = (): Cis2Strategy => new Cis2Strategy({ issuer: simulator.issuer })
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser<Express.User>((user, done) => done(null, user))

  const app = express()
  app.use(session({ secret: 'another-invented-secret', resave: false, saveUninitialized: false }))
  app.use(passport.initialize(), passport.session())
  app.get('/in', passport.authenticate('cis2'))
  app.get('/cis2/callback', passport.authenticate('cis2', { failureRedirect: '/sorry' }), (req, res) => {
    res.redirect(req.authInfo?.returnTo ?? '/')
  })
  app.get('/other', (req, res, next) => {
    const answer: passport.AuthenticateCallback = (error, user, info) => {
      const { code, message } = info as Cis2LoginFailure
      if (error || !user) next(error ?? new Error(code + message))
      else req.logIn(user, (failure) => next(failure))
    }
    passport.authenticate(new Cis2Strategy(cis2), answer)(req, res, next)
  })
  app.get('/me', (req, res) => {
    const maybe: Cis2User | undefined = req.user
    if (!req.isAuthenticated()) {
      res.status(401).json({ maybe: maybe === undefined })
      return
    }
    // No question mark: Passport's narrowing holds beside ours.
    const { sub, visits }: { sub: string; visits?: number } = req.user
    // @ts-expect-error The user is typed, not any.
    const nonsense: string = req.user.nonsense
    res.json({ sub, visits, nonsense })
  })
  app.post('/out', (req, res, next) => {
    req.logout({ keepSessionInfo: false }, (error) => (error ? next(error) : res.redirect('/')))
  })
  app.post('/out-too', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.redirect('/')))
  })

  const options: LogInOptions = { simulator, path: '/in?returnTo=/me' }
  const agent = await logIn(app, 'nurse', options)
  const me = await agent.get('/me')
  const out = await agent.post('/out')
  const gone = await agent.get('/me')
  console.log(me.status, me.text, out.status, gone.status, typeof wrong)
  await cis2.close()
  await simulator.close()
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
