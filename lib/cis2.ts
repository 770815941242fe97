import type { RequestHandler } from 'express'
import { attemptLifetimeSeconds } from './attempt/attempt-cookies.js'
import { LoginAttempts } from './attempt/login-attempts.js'
import { LoginsInFlight } from './attempt/logins-in-flight.js'
import { createBackChannelLogoutRoute } from './back-channel-logout/back-channel-logout-route.js'
import { createCallbackRoute } from './callback/callback-route.js'
import { parseConfig } from './config/config.js'
import type { Cis2Options } from './config/options.js'
import { ConfigurationError, type ConfigurationProblem } from './errors.js'
import { Cis2EventEmitter, type Cis2EventStream } from './events.js'
import { createJwksRoute } from './keys/jwks-route.js'
import { parseKeySet, type KeySet, type PrivateJwks } from './keys/key-set.js'
import { createLoginRoute } from './login/login-route.js'
import { createSessionRoute } from './session/session-route.js'
import { createLoggedOutRoute } from './logout/logged-out-route.js'
import { createLogoutRoute } from './logout/logout-route.js'
import { atItsMountPoint, routeByPath, withoutSession } from './mounting.js'
import { attachPassportStyle } from './passport-style.js'
import { Provider, type ProviderHealth } from './provider/provider.js'
import { randomReference } from './random.js'
import { createAuthenticate } from './request-context.js'
import { PeopleCache } from './session/people-cache.js'
import { SessionStores } from './session/session-stores.js'
import type { Wiring } from './wiring.js'

/** How things stand, at once and without asking anybody. */
export interface Cis2Health {
  /** Whether new logins can work: true before the first discovery, false while CIS2 is down and nothing is known of it. */
  readonly ok: boolean
  readonly provider: ProviderHealth
  readonly keys: { readonly signing: string; readonly published: readonly string[] }
}

/** CIS2 login for one application. */
export interface Cis2 {
  /** Every route at its path, and the middleware that attaches `req.cis2`. */
  router(): RequestHandler
  /** Only the middleware that attaches `req.cis2`, for teams that mount the routes one by one. */
  authenticate(): RequestHandler
  /**
   * The login route alone; answers where it is mounted, behind express-session. Guards and links lead to
   * `routes.login`: set that option to where it stands.
   */
  login(): RequestHandler
  /**
   * The callback route alone, behind express-session. It takes callbacks at the path of `redirectUri` only: set that
   * option when it stands elsewhere than at `baseUrl` + `routes.callback`.
   */
  callback(): RequestHandler
  /** The logout route alone, behind express-session: your own forms post to it, nothing else knows where it is. */
  logout(): RequestHandler
  /** The page after logging out, alone. The logout route leads to `routes.loggedOut`: set that to where it stands. */
  loggedOut(): RequestHandler
  /** How long the login still lasts, alone. */
  session(): RequestHandler
  /** Where CIS2 ends sessions, alone: after express-session, and before CSRF protection and login middleware. */
  backChannelLogout(): RequestHandler
  /** The public key set alone: may stand before session and login middleware. */
  jwks(): RequestHandler
  /** The audit stream. */
  readonly events: Cis2EventStream
  /**
   * Resolves when discovery has succeeded once. Calling it is optional.
   *
   * @throws {ProviderError} with the cause
   */
  ready(): Promise<void>
  /** No secrets, no network call. */
  health(): Cis2Health
  /**
   * Replaces the key set without a restart.
   *
   * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION`; the old keys then stay in use
   */
  setKeys(jwks: PrivateJwks): void
  /** Lets go of connections, so that the process can exit. */
  close(): Promise<void>
}

/**
 * Reads the options, keys included, and wires the routes. Nothing is fetched before the first login needs it.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` with every problem at once, and nothing secret in it
 */
export function createCis2(options: Cis2Options): Cis2 {
  const config = parseConfig(options)
  const events = new Cis2EventEmitter()
  const attempts = new LoginAttempts({ ...config, isFormPost: config.responseMode === 'form_post' })
  let keys: KeySet = config.keys
  const wiring: Wiring = {
    config,
    events,
    provider: new Provider(config, events),
    attempts,
    inFlight: new LoginsInFlight(attemptLifetimeSeconds),
    currentKeys: () => keys,
    people: new PeopleCache(),
    sessions: new SessionStores(config),
  }
  events.warn(
    config.warnings.map((warning) => ({
      reference: randomReference(),
      route: 'start-up',
      outcome: 'failure',
      ...warning,
    })),
  )

  const authenticate = createAuthenticate(wiring, attachPassportStyle)
  const { routes } = config
  const jwks = withoutSession(createJwksRoute(wiring.currentKeys))
  const login = createLoginRoute(wiring)
  const callback = createCallbackRoute(wiring)
  const logout = createLogoutRoute(wiring)
  const loggedOut = createLoggedOutRoute(wiring)
  const session = createSessionRoute(wiring)
  const backChannelLogout = config.backChannelLogout
    ? withoutSession(createBackChannelLogoutRoute(wiring))
    : undefined
  return Object.freeze({
    router: () =>
      routeByPath(authenticate, new Set([jwks, backChannelLogout]), {
        [routes.jwks]: jwks,
        [routes.login]: login,
        [routes.callback]: callback,
        [routes.logout]: logout,
        [routes.loggedOut]: loggedOut,
        [routes.session]: session,
        ...(backChannelLogout && { [routes.backChannelLogout]: backChannelLogout }),
      }),
    authenticate: () => authenticate,
    login: () => atItsMountPoint(login),
    callback: () => atItsMountPoint(callback),
    logout: () => atItsMountPoint(logout),
    loggedOut: () => atItsMountPoint(loggedOut),
    session: () => atItsMountPoint(session),
    backChannelLogout: () => atItsMountPoint(backChannelLogout ?? ((_req, _res, next) => next())),
    jwks: () => atItsMountPoint(jwks),
    events,
    async ready() {
      await wiring.provider.metadata()
    },
    health() {
      const provider = wiring.provider.health()
      const published = keys.publicJwks.keys.map((key) => key.kid)
      return { ok: provider.status !== 'down', provider, keys: { signing: keys.signingKey.kid, published } }
    },
    setKeys(jwks: PrivateJwks) {
      const problems: ConfigurationProblem[] = []
      const parsed = parseKeySet({ jwks }, config.signingAlgorithm, (option, message) =>
        problems.push({ option, message }),
      )
      if (parsed === undefined) throw new ConfigurationError(problems)
      keys = parsed
      events.emit('keys.rotated', { reference: randomReference(), route: 'keys', outcome: 'success' })
    },
    close() {
      wiring.provider.close()
      return Promise.resolve()
    },
  })
}
