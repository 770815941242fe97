import { hash, timingSafeEqual } from 'node:crypto'
import { LoginError } from '../errors.js'
import { randomBytes } from '../random.js'
import { AttemptCookies, attemptLifetimeSeconds } from './attempt-cookies.js'
import { SealingKeys } from './sealing-keys.js'

/** One login on its way: what was sent to CIS2, and where the person wanted to go. */
export interface LoginAttempt {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** A path of this application, already checked. */
  readonly returnTo: string
  /** Follows the login through every page, event and error. */
  readonly reference: string
}

/** An attempt as its cookie comes back. */
export type OpenedAttempt = LoginAttempt & { readonly isUsed: boolean }

interface Settings {
  secrets: readonly string[]
  clientId: string
  redirectUri: string
  isSecure: boolean
  isFormPost: boolean
}

const timeBytes = 6
const randomStateBytes = 24
const markBytes = 8
// 192 bits; and 256, the least that PKCE's 43 characters can hold (RFC 7636, 4.1).
const nonceBytes = 24
const codeVerifierBytes = 32
const stateLength = Math.ceil(((timeBytes + randomStateBytes + markBytes) * 4) / 3)

/**
 * Login attempts, kept in the browser and nowhere else: one sealed cookie each, so an abandoned login leaves nothing
 * behind, a store's outage loses none, and a `state` is worth nothing in another browser.
 *
 * A state is its time, 192 random bits and a mark: it can be told apart from one that was never made here. Nonce and
 * code verifier follow from it under the secret, which keeps the cookie small.
 */
export class LoginAttempts {
  readonly cookies: AttemptCookies
  readonly #sealing: SealingKeys
  readonly #opening: readonly SealingKeys[]

  constructor(settings: Settings) {
    const purpose = `${settings.clientId} ${settings.redirectUri}`
    const clientTag = hash('sha256', purpose, 'base64url').slice(0, 6)
    this.cookies = new AttemptCookies({ ...settings, clientTag })
    const [first = '', ...others] = settings.secrets
    this.#sealing = new SealingKeys(first, purpose)
    this.#opening = [this.#sealing, ...others.map((secret) => new SealingKeys(secret, purpose))]
  }

  /** A new attempt and the value of its cookie. */
  start(wish: { returnTo: string; reference: string }): { attempt: LoginAttempt; cookieValue: string } {
    const bytes = Buffer.concat([Buffer.alloc(timeBytes), randomBytes(randomStateBytes)])
    bytes.writeUIntBE(Date.now(), 0, timeBytes)
    const { mark, ...secrets } = deriveSecrets(this.#sealing, bytes)
    const state = Buffer.concat([bytes, mark]).toString('base64url')
    const attempt = { ...wish, ...secrets, state }
    return {
      attempt,
      cookieValue: this.#sealing.seal(JSON.stringify([attempt.returnTo, attempt.reference]), state),
    }
  }

  /** What the cookie becomes when the attempt has been completed or refused. */
  usedCookieValue(attempt: LoginAttempt): string {
    return this.#sealing.seal(JSON.stringify([attempt.returnTo, attempt.reference, 'used']), attempt.state)
  }

  /** How long the cookie of a used attempt is worth keeping, in seconds. */
  remainingSeconds(attempt: LoginAttempt): number {
    return Math.max(1, attemptLifetimeSeconds - ageSeconds(Buffer.from(attempt.state, 'base64url')))
  }

  /**
   * state + this browser's cookies → the attempt.
   *
   * @throws {LoginError} `ERR_CIS2_STATE_UNKNOWN`, `ERR_CIS2_ATTEMPT_EXPIRED`, `ERR_CIS2_ATTEMPT_COOKIE_MISSING`,
   *   `ERR_CIS2_ATTEMPT_COOKIE_INVALID`: alike for the person, apart in the log
   */
  open(state: string, cookieHeader: string | undefined): OpenedAttempt {
    const secrets = this.#secretsOf(state)
    if (secrets === undefined) throw new LoginError('ERR_CIS2_STATE_UNKNOWN')
    const age = ageSeconds(Buffer.from(state, 'base64url'))
    // A state from the future: the clock was set back, or another process runs ahead by more than a minute.
    if (age > attemptLifetimeSeconds || age < -60) throw new LoginError('ERR_CIS2_ATTEMPT_EXPIRED')
    const [value, ...more] = this.cookies.values(cookieHeader, state)
    if (value === undefined) throw new LoginError('ERR_CIS2_ATTEMPT_COOKIE_MISSING')
    if (more.length > 0)
      throw new LoginError(
        'ERR_CIS2_ATTEMPT_COOKIE_INVALID',
        "the attempt's cookie came more than once: another host of the domain may have set it too",
      )
    const opened = parseSealed(
      this.#opening.reduce<string | undefined>((found, each) => found ?? each.open(value, state), undefined),
    )
    if (opened === undefined) throw new LoginError('ERR_CIS2_ATTEMPT_COOKIE_INVALID')
    return { ...opened, ...secrets, state }
  }

  #secretsOf(state: string): Pick<LoginAttempt, 'nonce' | 'codeVerifier'> | undefined {
    if (state.length !== stateLength) return undefined
    const bytes = Buffer.from(state, 'base64url')
    // Other spellings of the same bytes (padding, spare bits) are not the state that was sent.
    if (bytes.toString('base64url') !== state) return undefined
    for (const keys of this.#opening) {
      const { mark, ...secrets } = deriveSecrets(keys, bytes.subarray(0, -markBytes))
      if (timingSafeEqual(mark, bytes.subarray(-markBytes))) return secrets
    }
    return undefined
  }
}

/** What goes with a state: the mark at its end is public, the others are not. */
function deriveSecrets(
  keys: SealingKeys,
  bytes: Buffer,
): { mark: Buffer; nonce: string; codeVerifier: string } {
  const derived = keys.derive(bytes)
  return {
    mark: derived.subarray(0, markBytes),
    nonce: derived.toString('base64url', markBytes, markBytes + nonceBytes),
    codeVerifier: derived.toString(
      'base64url',
      markBytes + nonceBytes,
      markBytes + nonceBytes + codeVerifierBytes,
    ),
  }
}

function ageSeconds(stateBytes: Buffer): number {
  return (Date.now() - stateBytes.readUIntBE(0, timeBytes)) / 1000
}

// Only this library seals, so what opens has this shape; another version's does not, and is then no attempt.
function parseSealed(
  text: string | undefined,
): { returnTo: string; reference: string; isUsed: boolean } | undefined {
  if (text === undefined) return undefined
  const parts: unknown = JSON.parse(text)
  if (!Array.isArray(parts)) return undefined
  const [returnTo, reference, used] = parts as unknown[]
  if (typeof returnTo !== 'string' || typeof reference !== 'string') return undefined
  return { returnTo, reference, isUsed: used === 'used' }
}
