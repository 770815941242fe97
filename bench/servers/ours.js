// The build in dist/, wired as the README tells an application to.
import express from 'express'
import session from 'express-session'
import { createCis2, getUser, requireLogin } from '../../dist/index.js'
import { memoryStoreBytes, scope, serve, sessionOptions } from '../serve.js'

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const store = new session.MemoryStore()
  const cis2 = createCis2({ issuer, clientId, baseUrl, jwks: { keys: [privateJwk] }, secret, scope })
  await cis2.ready()
  const app = express()
  app.disable('x-powered-by')
  // Before the session, as in the floor: what is measured is the route, not the making of a session that nobody needs.
  app.use('/cis2/jwks', cis2.jwks())
  app.use(session(sessionOptions(secret, store)))
  app.use(cis2.router())
  app.get('/me', requireLogin(), (req, res) => res.send(`Hello ${getUser(req).name}`))

  return {
    listener: app,
    storeBytes: () => memoryStoreBytes(store),
    me: '/me',
    login: '/cis2/login?returnTo=/me',
    jwks: '/cis2/jwks',
  }
})
