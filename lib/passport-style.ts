import type { Request } from 'express'
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

const userProperty: PropertyDescriptor & ThisType<Request> = {
  configurable: true,
  enumerable: false,
  get() {
    return this.cis2.user
  },
  // Whoever sets it later (Passport itself, a test) has it.
  set(value: unknown) {
    Object.defineProperty(this, 'user', { value, configurable: true, enumerable: true, writable: true })
  },
}

function isAuthenticated(this: Request): boolean {
  return this.cis2.isLoggedIn
}

function isUnauthenticated(this: Request): boolean {
  return !this.cis2.isLoggedIn
}

function logout(this: Request, ...options: unknown[]): Promise<void> | undefined {
  const done = options.at(-1)
  const ended = this.cis2.logout()
  if (typeof done !== 'function') return ended
  ended.then(
    () => void Reflect.apply(done, undefined, []),
    (error: unknown) => void Reflect.apply(done, undefined, [error]),
  )
  return undefined
}

const methods = { isAuthenticated, isUnauthenticated, logout }

/** Gives the request the members that applications built on Passport use; what is already there is left alone. */
export function attachPassportStyle(req: Request): void {
  if (!('user' in req)) Object.defineProperty(req, 'user', userProperty)
  for (const [name, method] of Object.entries(methods)) if (!(name in req)) Reflect.set(req, name, method)
}
