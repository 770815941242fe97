import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'

/** An answer as a test sees it. */
export interface Page {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The public address that answered. */
  url: string
  /** The public address it redirects to. */
  location: string | undefined
  cookies: readonly string[]
}

interface Cookie {
  name: string
  value: string
  path: string
  isSecure: boolean
}

const navigation = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
}

/**
 * As much of a browser as a login needs: cookies by host and path, redirects followed one at a time, and the headers
 * of a page navigation. Public origins can be mapped to where a server really listens, as a TLS proxy would.
 */
export class Browser {
  readonly #jar = new Map<string, Cookie[]>()
  readonly #origins: ReadonlyMap<string, string>

  constructor(origins: Readonly<Record<string, string>> = {}) {
    this.#origins = new Map(Object.entries(origins))
  }

  /** Another browser with the cookies this one has now: what is left in it after a logout elsewhere. */
  clone(): Browser {
    const copy = new Browser(Object.fromEntries(this.#origins))
    for (const [host, cookies] of this.#jar) copy.#jar.set(host, [...cookies])
    return copy
  }

  get(url: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.send('GET', url, { ...navigation, ...headers })
  }

  post(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    const body = new URLSearchParams(form).toString()
    const { origin } = new URL(url)
    const sent = {
      ...navigation,
      'sec-fetch-site': 'same-origin',
      origin,
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    }
    return this.send('POST', url, sent, body)
  }

  /** GETs and follows redirects to the end, or until one leads to `until`. */
  async follow(url: string, until = (_location: string): boolean => false): Promise<Page> {
    let page = await this.get(url)
    for (let hops = 0; page.location !== undefined && hops < 10; hops++) {
      if (until(page.location)) return page
      page = await this.get(page.location)
    }
    return page
  }

  cookieHeader(url: string): string {
    const { host, pathname, protocol } = new URL(url)
    const cookies = (this.#jar.get(host) ?? []).filter(
      ({ path, isSecure }) =>
        (pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)) &&
        (!isSecure || protocol === 'https:'),
    )
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  cookies(url: string): readonly { name: string; value: string }[] {
    return this.#jar.get(new URL(url).host) ?? []
  }

  setCookie(url: string, name: string, value: string): void {
    this.#store(new URL(url).host, `${name}=${value}; Path=/`)
  }

  forgetCookies(): void {
    this.#jar.clear()
  }

  send(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Page> {
    const { origin, host, pathname, search } = new URL(url)
    const target = new URL(this.#origins.get(origin) ?? origin)
    const cookie = this.cookieHeader(url)
    const all = {
      host,
      ...(this.#origins.has(origin) ? { 'x-forwarded-proto': new URL(url).protocol.slice(0, -1) } : {}),
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: target.hostname,
          port: target.port,
          method,
          path: pathname + search,
          headers: all,
          agent: false,
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const cookies = incoming.headers['set-cookie'] ?? []
            for (const each of cookies) this.#store(host, each)
            const { location } = incoming.headers
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString('utf8'),
              url,
              location: location === undefined ? undefined : new URL(location, url).href,
              cookies,
            })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  #store(host: string, header: string): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    const equals = pair.indexOf('=')
    const named = new Map(
      attributes.map((each) => {
        const [attribute = '', text] = each.split('=')
        return [attribute.toLowerCase(), text] as const
      }),
    )
    const cookie = {
      name: pair.slice(0, equals),
      value: pair.slice(equals + 1),
      path: named.get('path') ?? '/',
      isSecure: named.has('secure'),
    }
    const others = (this.#jar.get(host) ?? []).filter(
      ({ name, path }) => name !== cookie.name || path !== cookie.path,
    )
    const isGone = named.get('max-age') === '0' || new Date(headerExpires(attributes)).getTime() < Date.now()
    this.#jar.set(host, isGone ? others : [...others, cookie])
  }
}

function headerExpires(attributes: readonly string[]): string {
  return (
    attributes.find((each) => each.toLowerCase().startsWith('expires='))?.slice(8) ??
    'Fri, 31 Dec 9999 23:59:59 GMT'
  )
}
