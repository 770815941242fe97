const windowMs = 60_000
const mostWhole = 100
const oneIn = 100
const mostKinds = 1_000

interface Kind {
  windowStart: number
  inWindow: number
  leftOut: number
}

/**
 * Keeps a flood of identical refusals from flooding the audit stream: a hundred of a kind in a minute are told, of
 * those beyond one in a hundred, and each says how many were left out before it.
 */
export class RefusalSampling {
  // In the order of their last use.
  readonly #kinds = new Map<string, Kind>()

  /** @returns how many of this kind were left out since the last one that was told; nothing when this one is, too */
  sample(kind: string): number | undefined {
    const now = Date.now()
    const found = this.#kinds.get(kind) ?? { windowStart: now, inWindow: 0, leftOut: 0 }
    this.#kinds.delete(kind)
    this.#kinds.set(kind, found)
    for (const oldest of this.#kinds.keys()) {
      if (this.#kinds.size <= mostKinds) break
      this.#kinds.delete(oldest)
    }
    // Also when the clock was set back.
    if (Math.abs(now - found.windowStart) >= windowMs) Object.assign(found, { windowStart: now, inWindow: 0 })
    found.inWindow++
    if (found.inWindow > mostWhole && found.inWindow % oneIn !== 0) {
      found.leftOut++
      return undefined
    }
    const { leftOut } = found
    found.leftOut = 0
    return leftOut
  }
}
