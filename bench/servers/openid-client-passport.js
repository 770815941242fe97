// openid-client 6 with its Passport strategy, the ID token's signature checked (it is not unless asked for).
import express from 'express'
import session from 'express-session'
import { importJWK } from 'jose'
import * as oidc from 'openid-client'
import { Strategy } from 'openid-client/passport'
import passport from 'passport'
import { memoryStoreBytes, scope, serve, sessionOptions } from '../serve.js'

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const key = await importJWK(privateJwk, 'RS512')
  const config = await oidc.discovery(
    new URL(issuer),
    clientId,
    {},
    oidc.PrivateKeyJwt({ key, kid: privateJwk.kid }),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  )
  passport.use(
    'cis2',
    new Strategy({ config, scope, callbackURL: `${baseUrl}/callback` }, (tokens, verified) => {
      const claims = tokens.claims()
      void oidc
        .fetchUserInfo(config, tokens.access_token, claims.sub)
        .then((info) => verified(null, { ...info, ...claims }), verified)
    }),
  )
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user, done) => done(null, user))

  const store = new session.MemoryStore()
  const app = express()
  app.disable('x-powered-by')
  app.use(session(sessionOptions(secret, store)))
  app.use(passport.authenticate('session'))
  app.get('/login', passport.authenticate('cis2', { prompt: 'login' }))
  app.get('/callback', passport.authenticate('cis2', { successRedirect: '/me' }))
  app.get('/me', (req, res) => {
    if (!req.isAuthenticated()) return res.status(401).send('Log in')
    res.send(`Hello ${req.user.name}`)
  })

  return { listener: app, storeBytes: () => memoryStoreBytes(store), me: '/me', login: '/login' }
})
