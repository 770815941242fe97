import { runCommand } from '../../lib/cli/run-command.js'
import type { Command } from '../../lib/cli/terminal.js'

/** What a command printed, and its exit code. */
export interface Printed {
  code: number
  out: string
  errors: string
}

/** Runs a command to its end, in this process. */
export async function runToEnd(commands: Record<string, Command>, ...args: string[]): Promise<Printed> {
  const out: string[] = []
  const errors: string[] = []
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    untilStopped: () => new Promise<void>(() => undefined),
  }
  const code = await runCommand(commands, args, terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

/** The lines that a terminal of 80 columns would break. */
export function tooLong(text: string): string[] {
  return text.split('\n').filter((line) => line.length > 80)
}
