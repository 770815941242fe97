import type { IncomingMessage } from 'node:http'

type Headers = Pick<IncomingMessage, 'headers' | 'method'>

/**
 * Whether the browser is opening a page, which can be sent to CIS2 and back; a `fetch`, an image or a poll cannot.
 * Browsers say so with Fetch Metadata; without it, a GET that asks for HTML.
 */
export function isPageNavigation(req: Headers): boolean {
  const { headers, method } = req
  if (method !== 'GET') return false
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return headers['x-requested-with'] === undefined && asksForHtml(req)
}

/** Whether the request asks for HTML by name: a bare wildcard is what scripts send. */
export function asksForHtml({ headers }: Headers): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '')
}

/**
 * Whether a script or an embedded resource asks, as far as the request says. `X-Requested-With` says so only where there
 * is no Fetch Metadata: Android's WebView puts the name of its app there when it opens a page. A mode alone is no
 * browser, which says where from and what for as well: it is Node's `fetch` in a program that plays one.
 */
export function isCertainlyNoNavigation({ headers }: Headers): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode === undefined) return headers['x-requested-with'] !== undefined
  const isOfBrowser = headers['sec-fetch-dest'] !== undefined || headers['sec-fetch-site'] !== undefined
  return mode !== 'navigate' && isOfBrowser
}

/** Whether the browser fetches ahead of a visit that may never happen. */
export function isPrefetch({ headers }: Headers): boolean {
  const purpose = [headers['sec-purpose'], headers['purpose'], headers['x-moz'], headers['x-purpose']]
  return purpose.some(
    (value) => typeof value === 'string' && /\b(?:prefetch|prerender|preview)\b/i.test(value),
  )
}

/**
 * Whether a request that changes something comes from our own pages: by `Sec-Fetch-Site`, or by `Origin` where the
 * browser sends no Fetch Metadata. Neither header is a no.
 */
export function isFromOwnPages({ headers }: Headers, ownOrigin: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === ownOrigin
}
