import type { Request } from 'express'

/** The query as it came, before any parser has dropped or merged a parameter. */
export function queryOf({ originalUrl }: Request): URLSearchParams {
  const at = originalUrl.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : originalUrl.slice(at))
}
