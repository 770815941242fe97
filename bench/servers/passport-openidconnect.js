// passport-openidconnect knows neither private_key_jwt nor a JWKS: a shared secret, and an ID token taken on trust.
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import Strategy from 'passport-openidconnect'
import { memoryStoreBytes, scope, serve, sessionOptions } from '../serve.js'

serve(async ({ issuer, clientId, clientSecret, secret, baseUrl }) => {
  passport.use(
    'cis2',
    new Strategy(
      {
        issuer,
        authorizationURL: `${issuer}/authorize`,
        tokenURL: `${issuer}/token`,
        userInfoURL: `${issuer}/userinfo`,
        clientID: clientId,
        clientSecret,
        callbackURL: `${baseUrl}/callback`,
        scope: scope.split(' ').slice(1),
        prompt: 'login',
        nonce: true,
        skipUserProfile: false,
      },
      // The strategy counts the parameters: nine of them is the form that is given UserInfo as it was received.
      (_issuer, uiProfile, _idProfile, _context, _idToken, _accessToken, _refreshToken, _params, verified) =>
        verified(null, uiProfile._json),
    ),
  )
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user, done) => done(null, user))

  const store = new session.MemoryStore()
  const app = express()
  app.disable('x-powered-by')
  app.use(session(sessionOptions(secret, store)))
  app.use(passport.authenticate('session'))
  app.get('/login', passport.authenticate('cis2'))
  app.get('/callback', passport.authenticate('cis2', { successRedirect: '/me' }))
  app.get('/me', (req, res) => {
    if (!req.isAuthenticated()) return res.status(401).send('Log in')
    res.send(`Hello ${req.user.name}`)
  })

  return { listener: app, storeBytes: () => memoryStoreBytes(store), me: '/me', login: '/login' }
})
