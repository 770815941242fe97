import { parseCookies } from '../request-cookies.js'

const mostAttempts = 20
const mostBytes = 4096
const nameLength = 16
const nameEnd = /^[\w-]{16}$/

/** How long a login may take, in seconds: from the redirect to CIS2 until the callback. */
export const attemptLifetimeSeconds = 600

/** The attributes of an attempt's cookie: the same when it is set and when it is cleared. */
export interface AttemptCookieAttributes {
  readonly httpOnly: true
  readonly secure: boolean
  readonly sameSite: 'lax' | 'none'
  readonly path: string
}

/** The cookies of pending logins: one each, named after its state, so that tabs do not overwrite each other. */
export class AttemptCookies {
  readonly attributes: AttemptCookieAttributes
  readonly #prefix: string

  constructor(settings: { isSecure: boolean; isFormPost: boolean; clientTag: string }) {
    const { isSecure, isFormPost, clientTag } = settings
    // __Host- cannot be set by a sibling sub-domain. It is for the whole host; the tag keeps applications apart.
    const protection = isSecure ? '__Host-' : ''
    this.#prefix = `${protection}cis2.${clientTag}.`
    this.attributes = Object.freeze({
      httpOnly: true,
      secure: isSecure,
      // A cross-site POST brings no Lax cookie; only this mode pays for it with None.
      sameSite: isFormPost ? 'none' : 'lax',
      path: '/',
    })
  }

  /** A `Set-Cookie` header's value: the attempt's cookie, for so many seconds. */
  serialize(state: string, value: string, maxAgeSeconds: number): string {
    const { path, sameSite, secure } = this.attributes
    const ending = `HttpOnly${secure ? '; Secure' : ''}; SameSite=${sameSite === 'lax' ? 'Lax' : 'None'}`
    return `${this.name(state)}=${value}; Max-Age=${Math.ceil(maxAgeSeconds)}; Path=${path}; ${ending}`
  }

  name(state: string): string {
    return this.#prefix + state.slice(0, nameLength)
  }

  /** Every value sent under the state's name. */
  values(cookieHeader: string | undefined, state: string): readonly string[] {
    const wanted = this.name(state)
    return parseCookies(cookieHeader).flatMap(([name, value]) => (name === wanted ? [value] : []))
  }

  /** The names of pending attempts, oldest first, that must go so that one more of this size fits. */
  namesToEvict(cookieHeader: string | undefined, newName: string, newValue: string): readonly string[] {
    const pending = parseCookies(cookieHeader)
      .filter(([name]) => this.#isOurs(name) && name !== newName)
      .map(([name, value]) => ({
        name,
        bytes: name.length + value.length,
        startedAt: startedAt(name.slice(this.#prefix.length)),
      }))
      .sort((a, b) => a.startedAt - b.startedAt)
    const evicted: string[] = []
    let count = pending.length + 1
    let bytes = pending.reduce((sum, each) => sum + each.bytes, newName.length + newValue.length)
    for (const { name, bytes: freed } of pending) {
      if (count <= mostAttempts && bytes <= mostBytes) break
      evicted.push(name)
      count -= 1
      bytes -= freed
    }
    return evicted
  }

  // Another host of the domain may set cookies of any name.
  #isOurs(name: string): boolean {
    return name.startsWith(this.#prefix) && nameEnd.test(name.slice(this.#prefix.length))
  }
}

/** The first six bytes of a state are its time in milliseconds, and eight characters of its cookie's name. */
function startedAt(nameEnd: string): number {
  const bytes = Buffer.from(nameEnd.slice(0, 8), 'base64url')
  return bytes.length === 6 ? bytes.readUIntBE(0, 6) : 0
}
