const lifetimeSeconds = 60
const mostInARow = 2

/** As much of Express's response as is needed here. */
interface CookieResponse {
  readonly headersSent: boolean
  append(name: string, value: string): unknown
  clearCookie(
    name: string,
    attributes: { httpOnly: true; secure: boolean; sameSite: 'lax'; path: string },
  ): unknown
}

/**
 * How many logins of this browser succeeded one after the other, a minute apart at most, and no request of it was seen
 * logged in: in a cookie that lives as long. Who then comes to log in for the third time would go round for ever.
 *
 * It protects nothing, so it is not sealed: who changes it sees a page of explanation, or none.
 */
export class RecentLogins {
  readonly #name: string
  readonly #isSecure: boolean
  readonly #pattern: RegExp

  constructor({ isSecure, clientTag }: { isSecure: boolean; clientTag: string }) {
    this.#isSecure = isSecure
    this.#name = `${isSecure ? '__Host-' : ''}cis2.${clientTag}.recent`
    // Every request of somebody who is logged in asks: taking all its cookies apart costs ten times as much.
    this.#pattern = new RegExp(`(?:^|;)\\s*${this.#name.replaceAll('.', '\\.')}=([1-9])\\s*(?:;|$)`)
  }

  /** One more has succeeded. */
  note(res: CookieResponse, cookieHeader: string | undefined): void {
    const count = Math.min(this.#count(cookieHeader) + 1, 9)
    res.append(
      'Set-Cookie',
      `${this.#name}=${count}; Max-Age=${lifetimeSeconds}; Path=/; HttpOnly${this.#isSecure ? '; Secure' : ''}; SameSite=Lax`,
    )
  }

  /** Whether the next one would only go round again. */
  isLoop(cookieHeader: string | undefined): boolean {
    return this.#count(cookieHeader) >= mostInARow
  }

  /**
   * Starts again at nothing: the session is there after all, or the person has been told that it is not. Of a single
   * login nothing needs to be taken back, so that most answers need no cookie for it.
   */
  forget(res: CookieResponse, cookieHeader: string | undefined): void {
    if (!cookieHeader?.includes(this.#name) || !this.isLoop(cookieHeader) || res.headersSent) return
    res.clearCookie(this.#name, { httpOnly: true, secure: this.#isSecure, sameSite: 'lax', path: '/' })
  }

  #count(cookieHeader: string | undefined): number {
    return Number(this.#pattern.exec(cookieHeader ?? '')?.[1] ?? 0)
  }
}
