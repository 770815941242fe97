const limit = 10_000

/** A map whose entries end by themselves; the oldest also when there are too many. Times are epoch milliseconds. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; expiresAt: number }>()

  set(key: string, value: V, expiresAt: number): void {
    this.#entries.set(key, { value, expiresAt })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= limit && entry.expiresAt > Date.now()) break
      this.#entries.delete(oldest)
    }
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry || entry.expiresAt <= Date.now()) return undefined
    return entry.value
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
