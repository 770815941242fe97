import type { EnvironmentVariables } from '../config/options-from-env.js'
import { ConfigurationError } from '../errors.js'
import { findRegistrationProblems } from './registration-findings.js'
import { help, parseRegistrationFlags } from './registration-flags.js'
import { buildClient, buildConformance, describeRegistration } from './registration-report.js'
import { readRegistrationSettings } from './registration-settings.js'
import { runWithFlags, type Command } from './terminal.js'

/** `express-cis2 registration`, for an application with these variables. */
export function createRegistration(env: EnvironmentVariables): Command {
  return {
    summary: "what to enter in CIS2's Connection Manager",
    run: (args, terminal) =>
      runWithFlags(
        () => parseRegistrationFlags(args),
        help,
        terminal,
        async (flags) => {
          try {
            const settings = await readRegistrationSettings(env, flags)
            const client = buildClient(settings, flags)
            const findings = findRegistrationProblems(settings)
            terminal.print(
              flags.json
                ? JSON.stringify({ client, conformance: buildConformance(settings), findings }, undefined, 2)
                : describeRegistration(client, settings, findings),
            )
            return findings.length === 0 ? 0 : 1
          } catch (error) {
            if (!(error instanceof ConfigurationError)) throw error
            terminal.warn(describeProblems(error))
            return 1
          }
        },
      ),
  }
}

function describeProblems({ problems }: ConfigurationError): string {
  const lines = problems.map(({ option, message }) => `- ${option} ${message}`)
  return ['The settings cannot be used:', ...lines].join('\n')
}
