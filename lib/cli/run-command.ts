import type { Command, Terminal } from './terminal.js'

/** Finds the sub-command that the arguments name and runs it. Resolves with the exit code. */
export async function runCommand(
  commands: Readonly<Record<string, Command>>,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h') {
    terminal.print(usage(commands))
    return 0
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command.run(rest, terminal)
  if (name !== undefined) terminal.warn(`There is no command '${name}'.\n`)
  terminal.warn(usage(commands))
  return 2
}

function usage(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  return `Usage: express-cis2 <command> [options]\n\nCommands:\n${lines.join('\n')}\n\nexpress-cis2 <command> --help tells more.`
}
