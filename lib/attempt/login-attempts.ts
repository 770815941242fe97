import { hash, timingSafeEqual } from 'node:crypto'
import { LoginError } from '../errors.js'
import { randomBytes } from '../random.js'
import { AttemptCookies, attemptLifetimeSeconds } from './attempt-cookies.js'
import { RecentLogins } from './recent-logins.js'
import { SealingKeys } from './sealing-keys.js'
import { packStepUp, packWish, parseWish, unpackStepUp, type LoginWish, type StepUp } from './login-wish.js'

/** One login on its way: what was sent to CIS2, and where the person wanted to go. */
export interface LoginAttempt extends LoginWish {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** An attempt as its cookie comes back. */
export type OpenedAttempt = LoginAttempt & {
  readonly isUsed: boolean
  /** It took too long: good for nothing but where the person wanted to go. */
  readonly isExpired: boolean
}

interface Settings {
  secrets: readonly string[]
  /** Whose people log in: the same `sub` at another provider is somebody else. */
  issuer: string
  clientId: string
  redirectUri: string
  isSecure: boolean
  isFormPost: boolean
}

const stepUpLink = 'step-up link'
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
  readonly recent: RecentLogins
  readonly #sealing: SealingKeys
  readonly #opening: readonly SealingKeys[]

  constructor(settings: Settings) {
    const purpose = JSON.stringify([settings.issuer, settings.clientId, settings.redirectUri])
    const clientTag = hash('sha256', purpose, 'base64url').slice(0, 6)
    this.cookies = new AttemptCookies({ ...settings, clientTag })
    this.recent = new RecentLogins({ ...settings, clientTag })
    const [first = '', ...others] = settings.secrets
    this.#sealing = new SealingKeys(first, purpose)
    this.#opening = [this.#sealing, ...others.map((secret) => new SealingKeys(secret, purpose))]
  }

  /** A new attempt and the value of its cookie. */
  start(wish: LoginWish): { attempt: LoginAttempt; cookieValue: string } {
    const bytes = Buffer.concat([Buffer.alloc(timeBytes), randomBytes(randomStateBytes)])
    const startedAt = Date.now()
    bytes.writeUIntBE(startedAt, 0, timeBytes)
    const { mark, ...secrets } = deriveSecrets(this.#sealing, bytes)
    const state = Buffer.concat([bytes, mark]).toString('base64url')
    const attempt = { ...wish, ...secrets, state, startedAt }
    return { attempt, cookieValue: this.#sealing.seal(packWish(wish, ''), state) }
  }

  /** What the cookie becomes when the attempt has been completed or refused. */
  usedCookieValue(attempt: LoginAttempt): string {
    return this.#sealing.seal(packWish(attempt, 'used'), attempt.state)
  }

  /** A demand for a link: nobody can write it, and who leaves it out gets a plain login. */
  sealStepUp(stepUp: StepUp): string {
    return this.#sealing.seal(packStepUp(stepUp), stepUpLink)
  }

  /** The demand of a link that was made here. */
  openStepUp(sealed: string): StepUp | undefined {
    return unpackStepUp(this.#open(sealed, stepUpLink))
  }

  /** How long the cookie of a used attempt is worth keeping, in seconds. */
  remainingSeconds(attempt: LoginAttempt): number {
    return Math.max(1, attemptLifetimeSeconds - ageSeconds(attempt.startedAt))
  }

  /**
   * state + this browser's cookies → the attempt.
   *
   * @throws {LoginError} `ERR_CIS2_STATE_UNKNOWN`, `ERR_CIS2_ATTEMPT_COOKIE_MISSING` or `ERR_CIS2_ATTEMPT_EXPIRED`,
   *   `ERR_CIS2_ATTEMPT_COOKIE_INVALID`: alike for the person, apart in the log
   */
  open(state: string, cookieHeader: string | undefined): OpenedAttempt {
    const secrets = this.#secretsOf(state)
    if (secrets === undefined) throw new LoginError('ERR_CIS2_STATE_UNKNOWN')
    const startedAt = Buffer.from(state, 'base64url').readUIntBE(0, timeBytes)
    const age = ageSeconds(startedAt)
    // A state from the future: the clock was set back, or another process runs ahead by more than a minute.
    const isExpired = age > attemptLifetimeSeconds || age < -60
    const [value, ...more] = this.cookies.values(cookieHeader, state)
    if (value === undefined)
      throw new LoginError(isExpired ? 'ERR_CIS2_ATTEMPT_EXPIRED' : 'ERR_CIS2_ATTEMPT_COOKIE_MISSING')
    if (more.length > 0)
      throw new LoginError(
        'ERR_CIS2_ATTEMPT_COOKIE_INVALID',
        "the attempt's cookie came more than once: another host of the domain may have set it too",
      )
    const opened = parseWish(this.#open(value, state))
    if (opened === undefined) throw new LoginError('ERR_CIS2_ATTEMPT_COOKIE_INVALID')
    return { ...opened, ...secrets, state, startedAt, isExpired }
  }

  #open(sealed: string, context: string): string | undefined {
    return this.#opening.reduce<string | undefined>(
      (found, each) => found ?? each.open(sealed, context),
      undefined,
    )
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

function ageSeconds(startedAt: number): number {
  return (Date.now() - startedAt) / 1000
}
