import type { Store } from 'express-session'
import type { ErrorPageContext, SessionEndedPageContext } from '../error-page.js'
import type { Page } from '../send-page.js'
import type { ChooseRolePageContext, LoggedOutPageContext } from './page-contexts.js'
import type { JwksFunction } from '../keys/key-source.js'
import type { PrivateJwks } from '../keys/private-jwk.js'
import type { SigningKeyInput } from '../keys/signing-key.js'
import type { Environment } from './environments.js'

/**
 * What `createCis2` takes. Unknown names are refused with the nearest right one.
 */
export interface Cis2Options {
  /** Which CIS2: the preset knows its issuer. Exactly one of `environment` and `issuer`. */
  environment?: Environment
  /** Issuer identifier, or full discovery URL, of another provider. `http:` only on loopback. */
  issuer?: string
  /** The client id from the CIS2 registration. */
  clientId: string
  /** The application's public origin, with its path prefix if it has one. Never derived from the request. */
  baseUrl: string
  /** The registered redirect URI, kept byte for byte. @default `baseUrl` + the callback route */
  redirectUri?: string
  /**
   * A private JWK set: `{ keys: [ … ] }`, or a function that returns one. The function is called at start-up, where it
   * must answer at once, and then at most once a minute, where it may answer with a promise. One of `jwks` and
   * `signingKey`.
   */
  jwks?: PrivateJwks | JwksFunction
  /** One private key: PEM, JWK, `KeyObject`, or a `RemoteSigner`. */
  signingKey?: SigningKeyInput
  /** How keys with a `publishedAt` come into use. */
  keys?: {
    /** How long a key has to have been published before it signs by itself, in hours. @default 24 */
    minimumPublishedHours?: number
  }
  /** The algorithm registered for client assertions; a JWK's own `alg` wins. @default 'RS512' */
  signingAlgorithm?: string
  /** How CIS2 sends the person back. `form_post` needs https. @default 'query' */
  responseMode?: 'query' | 'form_post'
  /** The assertion's `aud`: the token endpoint, the issuer, or an exact string; sent verbatim. @default 'token_endpoint' */
  clientAssertionAudience?: string
  /** How long an assertion is valid, in seconds; at most 300. @default 60 */
  clientAssertionLifetimeSeconds?: number
  /** Seals the login attempts: at least 32 characters; the first of an array seals, all open. */
  secret: string | readonly string[]
  /** Scopes, separated by spaces; must contain `openid`. @default 'openid profile nationalrbacaccess' */
  scope?: string
  /** Which authentication classes to ask for, e.g. `['AAL2_OR_AAL3_ANY']`. @default none, which CIS2 takes as AAL3_ANY */
  acrValues?: readonly string[]
  /** The `prompt` parameter; `false` leaves it out, `'none'` is refused. @default 'login', unless `maxAgeSeconds` is given */
  prompt?: string | false
  /** The `max_age` parameter, in seconds; at most 300. */
  maxAgeSeconds?: number
  /** Lowest identity assurance level, 0 to 3. @default 3 */
  minimumIdentityAssurance?: number
  /** Lowest authentication assurance level, 1 to 3. @default 2 when `acrValues` allows AAL2, else 3 */
  minimumAuthenticationAssurance?: number
  /** How old `auth_time` may be at the callback, in seconds. @default 300 */
  maximumAuthAgeSeconds?: number
  /** Whether to call UserInfo; `'signed'` when the client is registered for signed responses. @default true */
  userInfo?: boolean | 'signed'
  /** Extra parameters of the authorization request. Names that this library sends are refused. */
  authorizationParams?: Readonly<Record<string, string>>
  /** The algorithm of ID tokens, pinned. @default 'RS256' */
  idTokenSigningAlgorithm?: string
  /** Allowed difference between the clocks, in seconds; at most 60. @default 10 */
  clockToleranceSeconds?: number
  /** How long a login lasts, enforced on the server. */
  session?: {
    /** Minutes without a request after which the login ends. @default 15, or `absoluteTimeoutHours` where that is shorter */
    idleTimeoutMinutes?: number
    /** Hours after which the login ends whatever happens. @default 12 */
    absoluteTimeoutHours?: number
    /** What becomes of a person's other sessions at a new login: `'newest-wins'` ends them. @default 'allow' */
    concurrent?: 'allow' | 'newest-wins'
    /**
     * Paths, as the browser sees them, whose requests do not count as activity: pages that poll. A `*` at the end
     * stands for anything.
     *
     * @default []
     */
    pollingPaths?: readonly string[]
    /** Session keys that survive a login, e.g. `['basket']`; dropped when another person logs in. @default [] */
    carryOver?: readonly string[]
  }
  /** How a person with several roles chooses the one they work in, and how long their roles are believed. */
  role?: {
    /**
     * In the application, from the person's list; or at CIS2, as part of each login: `selectedrole` is then added to
     * `scope`, and `prompt` is `login`.
     *
     * @default 'app'
     */
    choose?: 'app' | 'cis2'
    /**
     * How old the person's roles may be, in minutes, where a guard looks at them; above 0. Roles are read at each login.
     * Older ones are read anew: a page navigation goes through CIS2 and comes back, anything else gets 401
     * `ERR_CIS2_ROLE_STALE`.
     *
     * @default none: as old as the login, `session.absoluteTimeoutHours` at most
     */
    maximumAgeMinutes?: number
  }
  /** Where to land when nothing better is known. @default `{ default: '/' }` */
  returnTo?: { default?: string }
  /** What logging out does. @default `{ provider: false }` */
  logout?: {
    /** Log out at CIS2 too, with RP-initiated logout. @default false */
    provider?: boolean
    /** Answer a logout with `Clear-Site-Data: "cache"`, so that the back button finds nothing. @default false */
    clearSiteData?: boolean
    /** Where the logged-out route sends the browser. @default a page of this library */
    postLogoutPath?: string
  }
  /** Whether CIS2 may end sessions through the back-channel logout route. @default true */
  backChannelLogout?: boolean
  /** Deadlines for calls to CIS2. */
  timeouts?: {
    /** One budget for everything one login does, in milliseconds. @default 10000 */
    requestMs?: number
  }
  /** Used for every call to CIS2: for a proxy, a private certificate authority, tests. @default Node's own HTTP client */
  fetch?: typeof globalThis.fetch
  /** Pages of the application's own. @default built-in pages */
  pages?: {
    /** What a person sees when something fails. */
    error?: Page<ErrorPageContext>
    /** What a person sees after logging out. */
    loggedOut?: Page<LoggedOutPageContext>
    /** What a person sees whose session has ended by itself. */
    sessionEnded?: Page<SessionEndedPageContext>
    /** Where a person with several roles chooses one. */
    chooseRole?: Page<ChooseRolePageContext>
  }
  /** Whether routes and guards answer failures themselves or hand them to the error handler. @default 'respond' */
  errors?: 'respond' | 'next'
  /** Other paths for the routes. */
  routes?: {
    /** @default '/cis2/login' */
    login?: string
    /** @default '/cis2/callback' */
    callback?: string
    /** @default '/cis2/logout' */
    logout?: string
    /** @default '/cis2/logged-out' */
    loggedOut?: string
    /** @default '/cis2/back-channel-logout' */
    backChannelLogout?: string
    /** @default '/cis2/session' */
    session?: string
    /** @default '/cis2/role' */
    role?: string
    /** @default '/cis2/jwks' */
    jwks?: string
  }
  /**
   * Where the records that all processes share are kept: which sessions are whose, what has ended,
   * and the API platform's tokens: it must be as private as the sessions.
   *
   * @default the store of the sessions
   */
  store?: Store
  /** Also set `req.user`, `req.isAuthenticated()`, `req.isUnauthenticated()` and `req.logout()`. @default true */
  passportStyle?: boolean
}
