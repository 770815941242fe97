import type { Request } from 'express'
import { ConfigurationError } from './errors.js'
import { RequestContext } from './request-context.js'
import type { Cis2User } from './user/user.js'

declare global {
  namespace Express {
    // Merges with the interface of the same name that Passport's typings declare.
    interface User extends Cis2User {}
    interface Request {
      /** The person who is logged in, as in Passport. */
      user?: User | undefined
      /** Whether somebody is logged in, as in Passport. */
      isAuthenticated(): boolean
      /** Whether nobody is logged in, as in Passport. */
      isUnauthenticated(): boolean
      /** Ends the login: takes a callback as in Passport, or returns a promise. */
      logout(done: (error?: unknown) => void): void
      logout(): Promise<void>
    }
  }
}

const members: PropertyDescriptorMap & ThisType<Request> = {
  user: {
    configurable: true,
    get() {
      return styledContext(this)?.user
    },
    // Whoever sets it later (Passport itself, a test) has it.
    set(value: unknown) {
      Object.defineProperty(this, 'user', { value, configurable: true, enumerable: true, writable: true })
    },
  },
  isAuthenticated: {
    configurable: true,
    writable: true,
    value(this: Request) {
      return styledContext(this)?.isLoggedIn === true
    },
  },
  isUnauthenticated: {
    configurable: true,
    writable: true,
    value(this: Request) {
      return styledContext(this)?.isLoggedIn !== true
    },
  },
  logout: { configurable: true, writable: true, value: logout },
}

function logout(this: Request, ...options: unknown[]): Promise<void> | undefined {
  const done = options.at(-1)
  const ended = endLogin(this)
  if (typeof done !== 'function') return ended
  ended.then(
    () => void Reflect.apply(done, undefined, []),
    (error: unknown) => void Reflect.apply(done, undefined, [error]),
  )
  return undefined
}

async function endLogin(req: Request): Promise<void> {
  const context = styledContext(req)
  if (context === undefined) throw new ConfigurationError('ERR_CIS2_MIDDLEWARE_MISSING')
  await context.logout()
}

function styledContext(req: Request): RequestContext | undefined {
  const context: unknown = req.cis2
  return context instanceof RequestContext && context.wiring.config.passportStyle ? context : undefined
}

const prepared = new WeakSet<object>()

/**
 * Gives the request the members that applications built on Passport use; what is already there is left alone.
 *
 * They go to the prototype that an Express application has for its requests: a property more on each request costs
 * a logged-in request more than everything else here. Requests that came past the middleware are nobody's.
 */
export function attachPassportStyle(req: Request): void {
  const prototype = Reflect.getPrototypeOf(req) ?? req
  if (prepared.has(prototype)) return
  const isOwnedByApp = prototype === Reflect.get(req.app, 'request')
  for (const [name, member] of Object.entries(members))
    if (!(name in req)) Object.defineProperty(isOwnedByApp ? prototype : req, name, member)
  if (isOwnedByApp) prepared.add(prototype)
}
