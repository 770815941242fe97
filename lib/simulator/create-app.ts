import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express'
import { answerAuthorize } from './authorize/authorize-endpoint.js'
import { answerDiscovery } from './discovery-endpoint.js'
import { endpoint } from './endpoint.js'
import { endpointPaths as paths, movedJwksPath } from './issuer-address.js'
import { buildPublicJwk } from './keys/signing-key.js'
import { answerJwks } from './jwks-endpoint.js'
import { answerEndSession } from './logout/end-session-endpoint.js'
import { styleSheetPath } from './pages/page-layout.js'
import { styleSheet } from './pages/style-sheet.js'
import { answerPlatformApi } from './platform/platform-api.js'
import { platformPaths } from './platform/platform-state.js'
import { answerPlatformToken } from './platform/platform-token-endpoint.js'
import type { SimulatorState } from './simulator-state.js'
import { answerToken } from './token/token-endpoint.js'
import { answerUserInfo } from './user-info/user-info-endpoint.js'

/** The simulator's address for requests that should never be made. */
export const elsewherePath = '/elsewhere'

/** Puts the endpoints under the issuer's path. */
export function createApp(state: SimulatorState): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  // As text: parameters that are there twice would be gone after a parser.
  app.use(express.text({ type: 'application/x-www-form-urlencoded', limit: '64kb' }))
  app.use(elsewherePath, answerElsewhere(state))
  app.post(platformPaths.token, endpoint('platformToken', state, answerPlatformToken))
  app.get(platformPaths.api, endpoint('platformApi', state, answerPlatformApi))
  app.use(state.issuerPath === '' ? '/' : state.issuerPath, createEndpoints(state))
  app.use(answerNotFound(state))
  app.use(answerFailure)
  return app
}

function createEndpoints(state: SimulatorState): Router {
  const router = express.Router({ caseSensitive: true, strict: true })
  router.get(paths.discovery, endpoint('discovery', state, answerDiscovery))
  router.get(paths.jwks, endpoint('jwks', state, answerJwks))
  router.get(movedJwksPath, endpoint('jwks', state, answerJwks))
  router.get(paths.authorize, endpoint('authorize', state, answerAuthorize))
  router.post(paths.authorize, endpoint('authorize', state, answerAuthorize))
  router.post(paths.token, endpoint('token', state, answerToken))
  router.get(paths.userInfo, endpoint('userInfo', state, answerUserInfo))
  router.post(paths.userInfo, endpoint('userInfo', state, answerUserInfo))
  router.get(paths.endSession, endpoint('endSession', state, answerEndSession))
  router.get(styleSheetPath, (_request, response) => {
    response.type('css').send(styleSheet)
  })
  return router
}

/** Also the attacker's key set, so that whoever trusts a token's `jku` is not only seen but deceived. */
function answerElsewhere({ requests, keys }: SimulatorState): RequestHandler {
  return (request, response, next) => {
    requests.record('elsewhere', request).status = 200
    keys.special('unpublished').then((key) => response.json({ keys: [buildPublicJwk(key)] }), next)
  }
}

function answerNotFound({ issuer }: SimulatorState): RequestHandler {
  return (_request, response) => {
    response
      .status(404)
      .type('text')
      .send(`default backend - 404\n\nThis is a simulator of CIS2. Its issuer is ${issuer}\n`)
  }
}

const answerFailure: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error)
    return
  }
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500
  const description = error instanceof Error ? error.message : 'unknown'
  response.status(status || 500).json({ error_description: description, error: 'server_error' })
}
