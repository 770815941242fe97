import { ConfigurationError } from '../errors.js'
import type { Cis2EventEmitter } from '../events.js'
import { randomReference } from '../random.js'
import { raiseWarnings, type SettingWarning } from '../setting-warnings.js'
import type { KeySet, WaitingKey } from './key-set.js'
import { KeySource, type JwksSource } from './key-source.js'
import { checkDroppedKeys, checkKeySet } from './key-warnings.js'

/** How the keys stand: key ids, and nothing private. */
export interface KeyReport {
  /** The key that signs now. */
  readonly signing: string
  /** Every key in the published set. */
  readonly published: readonly string[]
  /** Keys that do not sign yet, and from when they will. */
  readonly waiting: readonly WaitingKey[]
  /** Whether the `jwks` function failed when it was last asked; the keys from before then stay in use. */
  readonly isReloadFailing: boolean
}

interface KeyRingInput {
  keys: KeySet
  source: JwksSource | undefined
  /** @throws {ConfigurationError} */
  parse: (jwks: unknown) => KeySet
  events: Cis2EventEmitter
  /** What has been warned of at start-up. */
  warnings: readonly SettingWarning[]
}

const hourMs = 60 * 60 * 1000

/**
 * The keys in use, as time passes and as they are replaced. There is no timer: it looks at the clock when somebody
 * needs a key, so that a new key takes over with the first login or fetch of the key set after its time.
 */
export class KeyRing {
  readonly #parse: (jwks: unknown) => KeySet
  readonly #events: Cis2EventEmitter
  readonly #source: KeySource | undefined
  /** The keys that signed within the last hour, and when each was last seen to: milliseconds since the epoch. */
  readonly #lastSigned = new Map<string, number>()
  #keys: KeySet
  #signingKid: string
  #reloadFailure: string | undefined
  #warned: ReadonlySet<string>

  constructor({ keys, source, parse, events, warnings }: KeyRingInput) {
    this.#keys = keys
    this.#signingKid = keys.signingKey.kid
    this.#parse = parse
    this.#events = events
    this.#warned = new Set(warnings.map(({ message }) => message))
    this.#source =
      source &&
      new KeySource(source, {
        onChanged: (jwks) => this.replace(jwks),
        onFailure: (error) => this.#keepOldKeys(error),
        onSuccess: () => (this.#reloadFailure = undefined),
      })
  }

  /** The keys to sign with and to publish, now. */
  current(): KeySet {
    this.#source?.askWhenDue()
    this.#noticeRotation()
    return this.#keys
  }

  /** @throws {ConfigurationError} and the old keys stay in use */
  replace(jwks: unknown): void {
    const keys = this.#parse(jwks)
    this.#noticeRotation()
    const dropped = checkDroppedKeys(keys.members, this.#keys, this.#lastSigned)
    this.#keys = keys
    this.#noticeRotation()
    this.#warn([...dropped, ...checkKeySet(keys)])
  }

  /** At once, without asking the application's function. */
  report(): KeyReport {
    const { signingKey, publicJwks, waiting } = this.#keys
    return {
      signing: signingKey.kid,
      published: publicJwks.keys.map(({ kid }) => kid),
      waiting,
      isReloadFailing: this.#reloadFailure !== undefined,
    }
  }

  // The function's own words may hold the keys: JSON.parse quotes what it could not read.
  #keepOldKeys(error: unknown): void {
    const reason =
      error instanceof ConfigurationError
        ? error.problems.map(({ option, message }) => `${option} ${message}`).join('; ')
        : 'the function threw, rejected or took too long'
    const message = `could not be read again, the old keys stay in use: ${reason}`
    if (message === this.#reloadFailure) return
    this.#reloadFailure = message
    this.#raise([{ option: 'jwks', message }])
  }

  #noticeRotation(): void {
    const { kid } = this.#keys.signingKey
    const now = Date.now()
    for (const [each, at] of this.#lastSigned) if (now - at >= hourMs) this.#lastSigned.delete(each)
    this.#lastSigned.set(this.#signingKid, now)
    if (kid === this.#signingKid) return
    const previousKid = this.#signingKid
    this.#signingKid = kid
    const about = { reference: randomReference(), route: 'keys', outcome: 'success' } as const
    this.#events.emit('keys.rotated', { ...about, kid, previousKid })
  }

  /** Each warning once, for as long as it stays true. */
  #warn(warnings: readonly SettingWarning[]): void {
    this.#raise(warnings.filter(({ message }) => !this.#warned.has(message)))
    this.#warned = new Set(warnings.map(({ message }) => message))
  }

  #raise(warnings: readonly SettingWarning[]): void {
    raiseWarnings(this.#events, 'keys', warnings)
  }
}
