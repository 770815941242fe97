import { METHODS } from 'node:http'
import type { Request } from 'express'
import { ConfigurationError } from '../errors.js'
import { contextOf } from '../request-context.js'
import { publicLocation } from '../public-urls.js'

/** A request that needs no login: this method at this path, and nothing like it. */
export interface LoginException {
  /** Such as `'GET'`, in capitals. `'HEAD'` is another method. */
  readonly method: string
  /** As the browser sees it, with the path of `baseUrl`: no pattern, no query. Its case counts, a slash at its end too. */
  readonly path: string
}

// What browsers send as it stands, and Express takes for nothing but itself.
const plainPath = /^\/(?:[\w.~@+-]+\/)*[\w.~@+-]*$/
const dotSegment = /\/\.{1,2}(?:\/|$)/

/**
 * The exceptions of `requireLogin` → whether a request is one of them.
 *
 * @returns nothing where there are none
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` for anything that could be meant as more than one path and one method
 */
export function parseLoginExceptions(options: unknown): ((req: Request) => boolean) | undefined {
  const exceptions = new Set(exceptionsOf(options).map(parseException))
  if (exceptions.size === 0) return undefined
  return (req) => {
    const { wiring } = contextOf(req)
    return isAsItCame(req) && exceptions.has(`${req.method} ${publicLocation(wiring, req).path}`)
  }
}

function exceptionsOf(options: unknown): readonly unknown[] {
  if (
    typeof options !== 'object' ||
    options === null ||
    Object.keys(options).some((name) => name !== 'except')
  )
    throw refusal(
      "takes nothing, or { except: [{ method, path }] }: write app.get(path, requireLogin(), handler), and requireRole('R8000') for roles",
    )
  const except: unknown = Object.hasOwn(options, 'except') ? Reflect.get(options, 'except') : []
  if (!Array.isArray(except)) throw refusal('`except` is a list of { method, path }')
  return except
}

function parseException(exception: unknown): string {
  const isPair =
    typeof exception === 'object' &&
    exception !== null &&
    Object.keys(exception).toSorted().join(' ') === 'method path'
  if (!isPair) throw refusal('an exception is { method, path }, and nothing else')
  const method: unknown = Reflect.get(exception, 'method')
  const path: unknown = Reflect.get(exception, 'path')
  if (typeof method !== 'string' || !METHODS.includes(method))
    throw refusal("the method of an exception is one such as 'GET', in capitals")
  if (typeof path !== 'string' || !plainPath.test(path) || dotSegment.test(path))
    throw refusal(
      'the path of an exception begins with a slash and has letters, digits and -._~@+ between single ones: no pattern, no query, no escapes',
    )
  return `${method} ${path}`
}

/**
 * Whether the address is a path alone, and nobody has touched it. Something before may have put another one in its
 * place, by a header even, or taken a part of it away: what is routed is then not what was asked for.
 */
function isAsItCame({ originalUrl, baseUrl, url }: Request): boolean {
  // Where a router is mounted at the very path, Express lets it see a slash.
  const isRouted = baseUrl + url === originalUrl || (url === '/' && baseUrl === originalUrl)
  return isRouted && originalUrl.startsWith('/') && !originalUrl.includes('?')
}

function refusal(message: string): ConfigurationError {
  return new ConfigurationError('ERR_CIS2_GUARD', `requireLogin: ${message}`)
}
