// express-openid-connect with its default, a sealed cookie that holds the whole session. `--store` keeps the session in
// a store instead (and hashes nothing there).
import { createPrivateKey } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import eoidc from 'express-openid-connect'
import { memoryStoreBytes, scope, serve } from '../serve.js'

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const store = process.argv.includes('--store') ? new session.MemoryStore() : undefined
  const app = express()
  app.disable('x-powered-by')
  app.use(
    eoidc.auth({
      issuerBaseURL: issuer,
      baseURL: baseUrl,
      clientID: clientId,
      secret,
      clientAuthMethod: 'private_key_jwt',
      clientAssertionSigningKey: createPrivateKey({ key: privateJwk, format: 'jwk' }).export({
        type: 'pkcs8',
        format: 'pem',
      }),
      clientAssertionSigningAlg: 'RS512',
      authRequired: false,
      authorizationParams: { response_type: 'code', scope, prompt: 'login' },
      routes: { login: '/login', callback: '/callback' },
      session: { store },
      getLoginState: () => ({ returnTo: '/me' }),
      afterCallback: async (req, _res, opened) => ({ ...opened, person: await req.oidc.fetchUserInfo() }),
    }),
  )
  app.get('/me', (req, res) => {
    if (!req.oidc.isAuthenticated()) return res.status(401).send('Log in')
    res.send(`Hello ${req.appSession.person.name}`)
  })

  return {
    listener: app,
    storeBytes: () => (store ? memoryStoreBytes(store) : 0),
    me: '/me',
    login: '/login',
  }
})
