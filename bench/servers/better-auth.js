// better-auth with its generic OAuth plugin and its memory adapter: starting a login is a POST that answers JSON.
import { createPrivateKeyJwtClientAssertionGetter } from '@better-auth/core/oauth2'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import { genericOAuth } from 'better-auth/plugins'
import express from 'express'
import { scope, serve } from '../serve.js'

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const database = { user: [], session: [], account: [], verification: [] }
  const auth = betterAuth({
    baseURL: baseUrl,
    secret,
    database: memoryAdapter(database),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    user: { additionalFields: { person: { type: 'string', required: false } } },
    account: { accountLinking: { enabled: true, trustedProviders: ['cis2'] } },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: 'cis2',
            discoveryUrl: `${issuer}/.well-known/openid-configuration`,
            clientId,
            scopes: scope.split(' '),
            prompt: 'login',
            overrideUserInfo: true,
            tokenEndpointAuth: {
              method: 'private_key_jwt',
              getClientAssertion: createPrivateKeyJwtClientAssertionGetter({
                privateKeyJwk: privateJwk,
                kid: privateJwk.kid,
                algorithm: 'RS512',
              }),
            },
            mapProfileToUser: (person) => ({ person: JSON.stringify(person) }),
          },
        ],
      }),
    ],
  })
  const app = express()
  app.disable('x-powered-by')
  app.all('/api/auth/{*path}', toNodeHandler(auth))
  app.get('/me', async (req, res) => {
    const opened = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) })
    if (!opened) return res.status(401).send('Log in')
    res.send(`Hello ${JSON.parse(opened.user.person).name}`)
  })

  return {
    listener: app,
    storeBytes: () => Buffer.byteLength(JSON.stringify(database)),
    me: '/me',
    login: '/api/auth/sign-in/social',
    loginJson: { provider: 'cis2', callbackURL: '/me' },
  }
})
