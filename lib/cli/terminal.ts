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

/** The command was called wrongly: its help is printed, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * What somebody gave as the name of a file, to say what is wrong with it. Keys and assertions are given in place of
 * their files, and are not repeated.
 */
export function quoteGiven(given: string): string {
  const isName = given.length <= 200 && !/[{}\n]|-----|^ey[\w-]+\./.test(given)
  return isName ? `'${given}'` : `a text of ${given.length} characters`
}

/**
 * What every sub-command does with its arguments: prints its help, or runs, or says what is wrong with them.
 *
 * @param parse may throw a `UsageError`, or what `parseArgs` throws; so may `run`
 */
export async function runWithFlags<Flags extends { readonly help: boolean }>(
  parse: () => Flags,
  help: string,
  terminal: Terminal,
  run: (flags: Flags) => Promise<number>,
): Promise<number> {
  try {
    const flags = parse()
    if (!flags.help) return await run(flags)
    terminal.print(help)
    return 0
  } catch (error) {
    if (!isAboutUsage(error)) throw error
    terminal.warn(`${withoutStrayText(error)}\n\n${help}`)
    return 2
  }
}

/** The message, which in the words of `parseArgs` repeats an argument that belongs to no flag. */
function withoutStrayText(error: Error): string {
  if (Reflect.get(error, 'code') !== 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return error.message
  return error.message.replace(/'([^]*)'/, (_, given: string) => quoteGiven(given))
}

function isAboutUsage(error: unknown): error is Error {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_'))
}

// Everything but line breaks, tabs and our own colours: settings and answers of servers stand in what is printed, and
// could move the cursor, set the title, or turn the writing round.
// oxlint-disable-next-line no-control-regex -- escape is what colours begin with
const commands = /(?!\n|\t|\u001b\[\d{1,2}m)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** The text without what a terminal would obey. */
export function withoutCommands(text: string): string {
  return text.replace(commands, '\uFFFD')
}

/** The real terminal. */
export const processTerminal: Terminal = {
  print: (line) => console.log(withoutCommands(line)),
  warn: (line) => console.error(withoutCommands(line)),
  untilStopped: () =>
    new Promise((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    }),
}
