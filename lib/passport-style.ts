import type { Request } from 'express'
import { RequestContext } from './request-context.js'

/** The members, for a request that has a login context of this style; for any other they are not there. */
const members: Readonly<Record<string, (context: RequestContext) => unknown>> = {
  user: (context) => context.user,
  isAuthenticated: (context) => () => context.isLoggedIn,
  isUnauthenticated: (context) => () => !context.isLoggedIn,
  logout:
    (context) =>
    (...parameters: unknown[]) =>
      logout(context, parameters.at(-1)),
}

function logout(context: RequestContext, done: unknown): Promise<void> | undefined {
  const ended = context.logout()
  // Applications written for Passport may not wait: a failure is in the event, and must not end the process.
  ended.catch(() => undefined)
  if (typeof done !== 'function') return ended
  ended.then(
    // Not inside the promise: what the callback throws is the application's own, and is raised as such.
    () => setImmediate(() => void Reflect.apply(done, undefined, [])),
    (error: unknown) => setImmediate(() => void Reflect.apply(done, undefined, [error])),
  )
  return undefined
}

function styledContext(req: Request): RequestContext | undefined {
  const context: unknown = req.cis2
  return context instanceof RequestContext && context.wiring.config.passportStyle ? context : undefined
}

const prepared = new WeakSet<object>()

/**
 * Gives requests the members that applications built on Passport use; what is already there is left alone.
 *
 * They go to the prototype that the outermost Express application has for its requests: a property more on each
 * request costs a logged-in request more than everything else here. A value that somebody sets on a request stands
 * before them.
 */
export function attachPassportStyle(req: Request): void {
  const prototype = requestPrototype(req.app)
  if (prepared.has(prototype)) return
  for (const [name, read] of Object.entries(members)) {
    if (name in prototype) continue
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Request) {
        const context = styledContext(this)
        return context && read(context)
      },
      set(value: unknown) {
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
      },
    })
  }
  prepared.add(prototype)
}

// A sub-application's requests inherit from its parent's, and become its parent's again when it hands them back.
function requestPrototype(app: object): object {
  const parent: unknown = Reflect.get(app, 'parent')
  if (typeof parent === 'function') return requestPrototype(parent)
  const prototype: unknown = Reflect.get(app, 'request')
  return typeof prototype === 'object' && prototype !== null ? prototype : {}
}
