// Auth.js: starting a login is a POST with a token from /auth/csrf; the session is a sealed cookie.
import { ExpressAuth, getSession } from '@auth/express'
import express from 'express'
import { importJWK } from 'jose'
import { scope, serve } from '../serve.js'

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const clientPrivateKey = { key: await importJWK(privateJwk, 'RS512'), kid: privateJwk.kid }
  const config = {
    secret,
    trustHost: true,
    basePath: '/auth',
    providers: [
      {
        id: 'cis2',
        name: 'CIS2',
        type: 'oidc',
        issuer,
        clientId,
        client: { token_endpoint_auth_method: 'private_key_jwt' },
        token: { clientPrivateKey },
        idToken: false,
        checks: ['pkce', 'state', 'nonce'],
        authorization: { params: { scope, prompt: 'login' } },
        profile: (person) => ({ id: person.sub, name: person.name, person }),
      },
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { ...token, person: user.person } : token),
      session: ({ session, token }) => ({ ...session, person: token.person }),
    },
  }
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', true)
  app.use('/auth', ExpressAuth(config))
  app.get('/me', async (req, res) => {
    const opened = await getSession(req, config)
    if (!opened?.person) return res.status(401).send('Log in')
    res.send(`Hello ${opened.person.name}`)
  })

  return {
    listener: app,
    storeBytes: () => 0,
    me: '/me',
    csrf: '/auth/csrf',
    login: '/auth/signin/cis2',
    loginForm: { callbackUrl: `${baseUrl}/me` },
  }
})
