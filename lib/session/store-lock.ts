/** A lock that this process has. */
export interface HeldLock {
  /** Gives it back, unless it has ended by itself and is another's now. */
  release(): Promise<void>
}

/** Locks that every process sees. */
export interface StoreLock {
  /**
   * Takes a lock, if nobody has it.
   *
   * @param lifetimeMs after which it ends by itself: whoever has it may die
   */
  take(key: string, lifetimeMs: number): Promise<HeldLock | undefined>
}
