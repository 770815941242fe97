import { examine } from '../doctor/examine.js'
import { renderReport } from '../doctor/render-report.js'
import { parseFlags, readInput, readOptions, type InputSources } from './doctor-input.js'
import { runWithFlags, type Command } from './terminal.js'

const help = `Usage: express-cis2 doctor [options]

Finds out why CIS2 does not accept this client ("JWT is not valid"). Reads the same CIS2_… variables as the application,
and prints what is right, what is wrong and what to do. Never prints a key, an assertion or a secret.

Options:
  --issuer <url>         instead of CIS2_ISSUER or CIS2_ENVIRONMENT
  --client-id <id>       instead of CIS2_CLIENT_ID
  --base-url <url>       instead of CIS2_BASE_URL
  --jwks-uri <url>       where the key set is published (CIS2_JWKS_URI, or the base URL and /cis2/jwks)
  --config <file>        a JSON file with the options of createCis2, instead of the variables
  --live-probe           also asks the live service, with a token request that cannot succeed
  --no-live-probe        never sends a token request
  --assertion <what>     explains an assertion of another program: the JWT, a file, or - for standard input;
                         the token request that carries it may be given too
  --token-error <file>   explains what the token endpoint answered
  --json                 prints the diagnosis as JSON
  --help                 prints this

Exits with 0 when nothing failed, 1 when something did, 2 when it was called wrongly.`

/** What the command needs of the process. */
export interface Surroundings extends InputSources {
  /** Whether standard output is a terminal that shows colours. */
  readonly hasColours: boolean
}

/** `express-cis2 doctor` */
export function createDoctor(surroundings: Surroundings): Command {
  return {
    summary: 'finds out why CIS2 does not accept this client',
    run: (args, terminal) =>
      runWithFlags(
        () => parseFlags(args),
        help,
        terminal,
        async (flags) => {
          const { options, problems } = readOptions(flags, surroundings.env)
          const input = await readInput(flags, surroundings)
          const examination = await examine(options, { ...input, problems })
          const { diagnosis } = examination
          terminal.print(
            flags.json
              ? JSON.stringify(diagnosis, undefined, 2)
              : renderReport(examination, surroundings.hasColours),
          )
          return diagnosis.ok ? 0 : 1
        },
      ),
  }
}

/** The real process. */
export const processSurroundings: Surroundings = {
  env: process.env,
  hasColours: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
  async readStandardInput() {
    let text = ''
    for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk)
    return text
  },
}
