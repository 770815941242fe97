import type { RequestHandler } from 'express'
import { attemptLifetimeSeconds } from './attempt/attempt-cookies.js'
import { LoginAttempts } from './attempt/login-attempts.js'
import { LoginsInFlight } from './attempt/logins-in-flight.js'
import { createBackChannelLogoutRoute } from './back-channel-logout/back-channel-logout-route.js'
import { createCallbackRoute } from './callback/callback-route.js'
import { parseConfig, type Config } from './config/config.js'
import type { Cis2Options } from './config/options.js'
import { findCauses } from './diagnose.js'
import { ConfigurationError, type ConfigurationProblem } from './errors.js'
import { Cis2EventEmitter, type Cis2EventStream } from './events.js'
import { FailureFindings } from './failure-findings.js'
import { createJwksRoute } from './keys/jwks-route.js'
import { KeyRing, type KeyReport } from './keys/key-ring.js'
import { parseKeySet, type KeySet } from './keys/key-set.js'
import type { PrivateJwks } from './keys/private-jwk.js'
import { createLoginRoute } from './login/login-route.js'
import { createSessionRoute } from './session/session-route.js'
import { createLoggedOutRoute } from './logout/logged-out-route.js'
import { createLogoutRoute } from './logout/logout-route.js'
import { atItsMountPoint, calledBeforeUse, routeByPath, withoutSession } from './mounting.js'
import { attachPassportStyle } from './passport-style.js'
import { Provider, type ProviderHealth } from './provider/provider.js'
import { createAuthenticate } from './create-authenticate.js'
import { createRoleRoute } from './role/role-route.js'
import { PeopleCache } from './session/people-cache.js'
import { SessionStores } from './session/session-stores.js'
import { raiseWarnings } from './setting-warnings.js'
import { keepWiring, type Wiring } from './wiring.js'

/** How things stand, at once and without asking anybody. */
export interface Cis2Health {
  /** Whether new logins can work: true before the first discovery, false while CIS2 is down and nothing is known of it. */
  readonly ok: boolean
  readonly provider: ProviderHealth
  readonly keys: KeyReport
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
  /**
   * The logout route alone, behind express-session. Forms of this library's pages post to `routes.logout`: set that option
   * to where it stands.
   */
  logout(): RequestHandler
  /** The page after logging out, alone. The logout route leads to `routes.loggedOut`: set that to where it stands. */
  loggedOut(): RequestHandler
  /** How long the login still lasts, alone. */
  session(): RequestHandler
  /** Where a person chooses their role, alone, behind express-session. Pages lead to `routes.role`: set that to where it stands. */
  role(): RequestHandler
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
 * @since 0.1.0
 */
export function createCis2(options: Cis2Options): Cis2 {
  const config = parseConfig(options)
  const events = new Cis2EventEmitter()
  const attempts = new LoginAttempts({ ...config, isFormPost: config.responseMode === 'form_post' })
  const keyRing = createKeyRing(config, events)
  const currentKeys = (): KeySet => keyRing.current()
  const wiring: Wiring = {
    config,
    events,
    provider: new Provider(config, events),
    attempts,
    inFlight: new LoginsInFlight(attemptLifetimeSeconds),
    currentKeys,
    failures: new FailureFindings({
      events,
      signingKey: () => currentKeys().signingKey,
      diagnose: (refusal) => findCauses(options, { ...config, keys: currentKeys() }, refusal),
    }),
    people: new PeopleCache(),
    sessions: new SessionStores(config),
  }
  raiseWarnings(events, 'start-up', config.warnings)

  const authenticate = createAuthenticate(wiring, attachPassportStyle)
  const { routes } = config
  const jwks = withoutSession(createJwksRoute(wiring.currentKeys))
  const login = createLoginRoute(wiring)
  const callback = createCallbackRoute(wiring)
  const logout = createLogoutRoute(wiring)
  const loggedOut = createLoggedOutRoute(wiring)
  const session = createSessionRoute(wiring)
  const role = createRoleRoute(wiring)
  const backChannelLogout = config.backChannelLogout
    ? withoutSession(createBackChannelLogoutRoute(wiring))
    : undefined
  const cis2: Cis2 = Object.freeze<Cis2>({
    router: calledBeforeUse('router', () =>
      routeByPath(authenticate, new Set([jwks, backChannelLogout]), {
        [routes.jwks]: jwks,
        [routes.login]: login,
        [routes.callback]: callback,
        [routes.logout]: logout,
        [routes.loggedOut]: loggedOut,
        [routes.session]: session,
        [routes.role]: role,
        ...(backChannelLogout && { [routes.backChannelLogout]: backChannelLogout }),
      }),
    ),
    authenticate: calledBeforeUse('authenticate', () => authenticate),
    login: calledBeforeUse('login', () => atItsMountPoint(login)),
    callback: calledBeforeUse('callback', () => atItsMountPoint(callback)),
    logout: calledBeforeUse('logout', () => atItsMountPoint(logout)),
    loggedOut: calledBeforeUse('loggedOut', () => atItsMountPoint(loggedOut)),
    session: calledBeforeUse('session', () => atItsMountPoint(session)),
    role: calledBeforeUse('role', () => atItsMountPoint(role)),
    backChannelLogout: calledBeforeUse('backChannelLogout', () =>
      atItsMountPoint(backChannelLogout ?? ((_req, _res, next) => next())),
    ),
    jwks: calledBeforeUse('jwks', () => atItsMountPoint(jwks)),
    events,
    async ready() {
      await wiring.provider.metadata()
    },
    health() {
      const provider = wiring.provider.health()
      return { ok: provider.status !== 'down', provider, keys: keyRing.report() }
    },
    setKeys: (jwks: PrivateJwks) => keyRing.replace(jwks),
    close() {
      wiring.failures.close()
      wiring.provider.close()
      return Promise.resolve()
    },
  })
  return keepWiring(cis2, wiring)
}

function createKeyRing(config: Config, events: Cis2EventEmitter): KeyRing {
  const { keys, keySource: source, signingAlgorithm, warnings } = config
  const parse = (jwks: unknown): KeySet => {
    const problems: ConfigurationProblem[] = []
    const parsed = parseKeySet(
      { jwks: jwks ?? null },
      signingAlgorithm,
      (option, message) => problems.push({ option, message }),
      keys.minimumPublishedHours,
    )
    if (parsed === undefined) throw new ConfigurationError(problems)
    return parsed
  }
  return new KeyRing({ keys, source, parse, events, warnings })
}
