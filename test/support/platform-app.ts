import type { ErrorRequestHandler, Express } from 'express'
import {
  buildRoleHeader,
  Cis2Error,
  exchangeIdToken,
  getUser,
  requireLogin,
  type PlatformOptions,
} from '../../lib/index.js'

/** What a page of an application that uses the API platform answers. */
export interface PlatformAnswer {
  accessToken?: string
  expiresAt?: number
  code?: string
  message?: string
  retry?: number
}

/**
 * Routes that use the API platform, as an application would write them: two that ask for a token, one that calls an
 * API, and one that is slow and writes the session.
 *
 * @param options read anew by every request
 */
export function platformRoutes(options: () => PlatformOptions): {
  routes: (app: Express) => void
  /** Resolves when the slow route has been asked for; its result lets it go on. */
  slow: () => Promise<() => void>
} {
  let arrive: ((goOn: () => void) => void) | undefined
  const routes = (app: Express): void => {
    app.get('/token', requireLogin(), (req, res, next) => {
      exchangeIdToken(req, options()).then((token) => res.json(token), next)
    })
    // Without a guard, as one forgets it.
    app.get('/unguarded', (req, res, next) => {
      exchangeIdToken(req, options()).then((token) => res.json(token), next)
    })
    app.get('/whoami', requireLogin(), (req, res, next) => {
      const call = async (): Promise<unknown> => {
        const { accessToken } = await exchangeIdToken(req, options())
        const url = new URL('/user-restricted/whoami', options().tokenUrl)
        const headers = { authorization: `Bearer ${accessToken}`, ...buildRoleHeader(getUser(req)) }
        return await (await fetch(url, { headers })).json()
      }
      call().then((answer) => res.json(answer), next)
    })
    app.get('/slow', requireLogin(), (req, res, next) => {
      Reflect.set(req.session, 'touched', true)
      arrive?.(() => {
        if (req.query.then === undefined) res.send('written')
        else exchangeIdToken(req, options()).then((token) => res.json(token), next)
      })
    })
    const answerError: ErrorRequestHandler = (error, _req, res, next) => {
      if (!(error instanceof Cis2Error)) next(error)
      else
        res
          .status(error.status)
          .json({ code: error.code, message: error.message, retry: error.retryAfterSeconds })
    }
    app.use(answerError)
  }
  return { routes, slow: () => new Promise((resolve) => (arrive = resolve)) }
}
