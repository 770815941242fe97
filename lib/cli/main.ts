#!/usr/bin/env node
import { runCommand } from './run-command.js'
import { simulator } from './simulator.js'
import { processTerminal } from './terminal.js'

const commands = { simulator }

runCommand(commands, process.argv.slice(2), processTerminal).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    processTerminal.warn(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  },
)
