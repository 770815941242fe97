/** A place in an application where requests wait until the test lets them go on. */
export interface Gate {
  /** Resolves when the first request waits. */
  readonly reached: Promise<void>
  /** What a request waits for. */
  pass(): Promise<void>
  open(): void
}

export function createGate(): Gate {
  let arrive = (): void => undefined
  let open = (): void => undefined
  const reached = new Promise<void>((resolve) => (arrive = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    reached,
    async pass() {
      arrive()
      await opened
    },
    open: () => open(),
  }
}
