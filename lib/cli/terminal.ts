/** What a command needs of the world, so that a test can stand in for it. */
export interface Terminal {
  /** One line on standard output. */
  print(line: string): void
  /** One line on standard error. */
  warn(line: string): void
  /** Resolves when the person wants the command to end (Ctrl+C), or the system does. */
  untilStopped(): Promise<void>
}

/** A sub-command: gets its arguments, resolves with the exit code: 0, 1 (a finding or a failure) or 2 (usage). */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

/** The real terminal. */
export const processTerminal: Terminal = {
  print: (line) => console.log(line),
  warn: (line) => console.error(line),
  untilStopped: () =>
    new Promise((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    }),
}
