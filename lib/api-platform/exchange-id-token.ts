import { hash } from 'node:crypto'
import type { Request } from 'express'
import { environments } from '../config/environments.js'
import { sameIssuer } from '../config/urls.js'
import { describeCall, requireSession } from '../create-route.js'
import { AccessError, Cis2Error, SessionError } from '../errors.js'
import { present } from '../present.js'
import { limitedFetch } from '../provider/limited-fetch.js'
import { openConnection } from '../provider/transport.js'
import { randomReference } from '../random.js'
import { contextOf } from '../request-context.js'
import { unpackLogin } from '../session/packed-login.js'
import { readLogin } from '../session/user-session.js'
import { publicLocation } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { currentTokens } from './current-tokens.js'
import { platformEnvironments } from './platform-environments.js'
import {
  parsePlatformOptions,
  platformOptionsError,
  type PlatformConfig,
  type PlatformOptions,
} from './platform-options.js'
import type { Renewal } from './renew-tokens.js'

/** A token for calls to user-restricted APIs of the platform's, on behalf of the person who is logged in. */
export interface PlatformToken {
  /** Goes into the `Authorization` header as `Bearer …`; on the server only. */
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
  readonly scope?: string
}

const mostKept = 8

/**
 * A token of NHS England's API platform for the person who is logged in: separate authentication and authorisation.
 *
 * The ID token of the login is exchanged the first time; later the tokens are refreshed when they are about to end,
 * once however many requests ask. They are kept on the server and end with the login.
 *
 * @param options who this application is at the API platform; make the object once, not for every request
 * @throws {AccessError} `ERR_CIS2_NOT_LOGGED_IN`
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_…`; with status 401 the person has to log in again
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION`, `ERR_CIS2_MIDDLEWARE_MISSING`
 * @throws {SessionError} `ERR_CIS2_SESSION_READ`, `ERR_CIS2_SESSION_WRITE`
 * @throws {ProviderError} `ERR_CIS2_SIGNING`
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2
 * @since 0.1.0
 */
export async function exchangeIdToken(req: Request, options: PlatformOptions): Promise<PlatformToken> {
  const { wiring } = contextOf(req)
  const config = parsePlatformOptions(options)
  checkEnvironments(config, wiring.config.issuer)
  const { accessToken, expiresAt, scope } = await currentTokens(prepare(req, config, wiring))
  return { accessToken, expiresAt, ...present({ scope }) }
}

/** Production's tokens are good in production only, and only there. */
function checkEnvironments({ tokenUrl }: PlatformConfig, issuer: string): void {
  const isProduction = sameIssuer(issuer, environments.production)
  const isPreset = Object.values<string>(platformEnvironments).includes(tokenUrl)
  if (!isPreset || (tokenUrl === platformEnvironments.production) === isProduction) return
  throw platformOptionsError([
    {
      option: 'environment',
      message: isProduction
        ? "is not production, and CIS2's is: the API platform would refuse the ID token"
        : "is production, and CIS2's is not: the API platform would refuse the ID token",
    },
  ])
}

function prepare(req: Request, config: PlatformConfig, wiring: Wiring): Renewal {
  requireSession(req, wiring)
  const login = readLogin(req, wiring)?.record
  const unpacked = login && unpackLogin(login.login)
  if (login === undefined || unpacked === undefined) throw new AccessError('ERR_CIS2_NOT_LOGGED_IN')
  const store = wiring.sessions.storeOf(req)
  if (store === undefined) throw new SessionError('ERR_CIS2_SESSION_UNAVAILABLE')
  const registry = wiring.sessions.registryFor(store)
  const { idToken } = unpacked.tokens
  const { exp } = unpacked.idTokenClaims
  const { clientTag, absoluteTimeoutSeconds, fetch: usualFetch } = wiring.config
  // By the ID token: another login has other tokens, and a new session id for the same login has the same.
  const key = `cis2.${hash('sha256', JSON.stringify([clientTag, 'platform', config.tokenUrl, config.apiKey, idToken]), 'base64url')}`
  if (!login.keptBeside?.includes(key)) login.keptBeside = [...(login.keptBeside ?? []), key].slice(-mostKept)
  const { sessionID } = req
  return {
    config,
    kept: {
      records: registry.records,
      key,
      lifetimeSeconds: login.loggedInAt + absoluteTimeoutSeconds - Date.now() / 1000,
    },
    noteKept: () =>
      registry.kept.note(login, key).catch((cause: unknown) => {
        throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the API platform tokens could not be noted', {
          cause,
        })
      }),
    idToken,
    idTokenExpiresAt: typeof exp === 'number' ? exp : 0,
    send:
      config.fetch === undefined || config.fetch === usualFetch
        ? (url, request) => wiring.provider.fetch(url, request)
        : (url, request) => limitedFetch(openConnection(config.fetch).transport, url, request),
    hasEnded: () =>
      registry.isLoginOver(sessionID, login).catch((cause: unknown) => {
        throw new SessionError('ERR_CIS2_SESSION_READ', undefined, { cause })
      }),
    onTry: (how, error) => report(req, wiring, login.sub, how, error),
  }
}

function report(
  req: Request,
  wiring: Wiring,
  sub: string,
  how: 'issued' | 'refreshed',
  error: unknown,
): void {
  const call = { req, reference: randomReference(), sub }
  const description = describeCall(call, publicLocation(wiring, req).path)
  if (error === undefined) {
    wiring.events.emit(`platform_token.${how}`, { ...description, outcome: 'success' })
    return
  }
  const reason = error instanceof Cis2Error ? error.code : 'ERR_CIS2_UNEXPECTED'
  if (error instanceof Cis2Error) error.reference ??= call.reference
  wiring.events.emit('platform_token.failed', { ...description, outcome: 'failure', reason })
}
