import { hash } from 'node:crypto'
import { withinSignal } from '../deadline.js'
import type { PrivateJwks } from './private-jwk.js'

/**
 * Where the keys come from, asked again and again. The first answer, at start-up, is a set; later ones may be promises
 * of one.
 */
export type JwksFunction = () => PrivateJwks | Promise<PrivateJwks>

/** The application's function, and what its first answer was. */
export interface JwksSource {
  readonly load: JwksFunction
  readonly fingerprint: string | undefined
}

interface Listeners {
  /** Gets every answer that is not the one from before; may throw, and the answer counts as a failure. */
  onChanged: (jwks: unknown) => void
  onFailure: (error: unknown) => void
  /** After an answer that was good, changed or not. */
  onSuccess: () => void
}

const pauseMs = 60_000
const patienceMs = 30_000

/** Asks the application's function for its keys, at most once a minute, when somebody comes by who needs them. */
export class KeySource {
  readonly #load: JwksFunction
  readonly #listeners: Listeners
  #fingerprint: string | undefined
  #askedAt = Date.now()
  #isAsking = false

  constructor({ load, fingerprint }: JwksSource, listeners: Listeners) {
    this.#load = load
    this.#fingerprint = fingerprint
    this.#listeners = listeners
  }

  /** An answer that is there at once counts at once; a promised one when it comes. */
  askWhenDue(): void {
    // The clock may have been set back: then too it is time.
    if (this.#isAsking || Math.abs(Date.now() - this.#askedAt) < pauseMs) return
    this.#askedAt = Date.now()
    this.#isAsking = true
    try {
      const answer: unknown = this.#load()
      if (isPromise(answer)) {
        void this.#wait(answer)
        return
      }
      this.#take(answer)
    } catch (error) {
      this.#listeners.onFailure(error)
    }
    this.#isAsking = false
  }

  async #wait(answer: PromiseLike<unknown>): Promise<void> {
    try {
      this.#take(await withinSignal(Promise.resolve(answer), AbortSignal.timeout(patienceMs)))
    } catch (error) {
      this.#listeners.onFailure(error)
    }
    this.#isAsking = false
  }

  #take(jwks: unknown): void {
    const fingerprint = fingerprintOf(jwks)
    if (fingerprint === undefined || fingerprint !== this.#fingerprint) this.#listeners.onChanged(jwks)
    this.#fingerprint = fingerprint
    this.#listeners.onSuccess()
  }
}

/** Whether something has to be waited for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Tells whether a set is the one from before, without keeping it; sets with signers in them are never sure to be. */
export function fingerprintOf(jwks: unknown): string | undefined {
  let hasSigner = false
  try {
    const text: unknown = JSON.stringify(jwks, (_name, value: unknown) => {
      hasSigner ||= typeof value === 'function'
      return value
    })
    return hasSigner || typeof text !== 'string' ? undefined : hash('sha256', text, 'base64url')
  } catch {
    // A signer often holds its vault's client, which leads in circles.
    return undefined
  }
}
