#!/usr/bin/env node
import { createDoctor, processSurroundings } from './doctor.js'
import { keygen } from './keygen.js'
import { createRegistration } from './registration.js'
import { runCommand } from './run-command.js'
import { simulator } from './simulator.js'
import { processTerminal } from './terminal.js'

const commands = {
  doctor: createDoctor(processSurroundings),
  keygen,
  registration: createRegistration(process.env),
  simulator,
}

runCommand(commands, process.argv.slice(2), processTerminal).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    processTerminal.warn(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  },
)
