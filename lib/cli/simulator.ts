import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startSimulator, type RecordedRequest, type Simulator } from '../simulator/index.js'
import { runWithFlags, UsageError, type Command, type Terminal } from './terminal.js'

const help = `Usage: express-cis2 simulator [options]

Starts a CIS2 that logs anyone in as an invented person, and prints the settings for an application that uses it.

Options:
  --port <number>      where it listens on 127.0.0.1, 0 for any free port (4400)
  --issuer <url>       the issuer it says it is (CIS2's path on its own origin)
  --base-url <url>     the application's address, for the settings (http://localhost:3000)
  --json               prints the settings as one line of JSON, and no requests
  --help               prints this`

/** `express-cis2 simulator` */
export const simulator: Command = {
  summary: 'a CIS2 with invented people, on this machine',
  run: (args, terminal) =>
    runWithFlags(
      () => parseFlags(args),
      help,
      terminal,
      (flags) => runSimulator(flags, terminal),
    ),
}

interface Flags {
  port: number
  issuer: string | undefined
  baseUrl: string
  json: boolean
  help: boolean
}

/** @throws {UsageError} */
function parseFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '4400' },
      issuer: { type: 'string' },
      'base-url': { type: 'string', default: 'http://localhost:3000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { port, issuer, json, help: wantsHelp } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`'${port}' is not a port.`)
  return { port: Number(port), issuer, baseUrl: values['base-url'], json, help: wantsHelp }
}

async function runSimulator({ port, issuer, baseUrl, json }: Flags, terminal: Terminal): Promise<number> {
  const stopped = terminal.untilStopped()
  let running: Simulator
  try {
    running = await startSimulator({
      port,
      ...(issuer === undefined ? {} : { issuer }),
      ...(json ? {} : { onRequest: (request) => terminal.print(describeRequest(request)) }),
    })
  } catch (error) {
    terminal.warn(describeFailure(error, port))
    return error instanceof TypeError ? 2 : 1
  }
  const environment = settingsFor(running, baseUrl)
  if (json) terminal.print(JSON.stringify({ url: running.url, issuer: running.issuer, environment }))
  else terminal.print(describeSettings(running, environment))
  await stopped
  await running.close()
  return 0
}

function settingsFor({ issuer, client }: Simulator, baseUrl: string): Record<string, string> {
  return {
    CIS2_ISSUER: issuer,
    CIS2_CLIENT_ID: client.clientId,
    CIS2_BASE_URL: baseUrl,
    CIS2_JWKS: JSON.stringify(client.jwks),
    CIS2_SECRET: randomBytes(32).toString('base64url'),
  }
}

function describeSettings({ url, people }: Simulator, environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`)
  return `The CIS2 simulator listens on ${url} and knows ${people.length} people. Ctrl+C ends it.

Paste this where the application starts. The private key in CIS2_JWKS was made for this run and is good for
nothing else: never register it anywhere.

${lines.join('\n')}

Requests:`
}

function describeRequest({ endpoint, method, status, refusal }: RecordedRequest): string {
  return `${method} ${endpoint} ${status ?? 'no answer'}${refusal === undefined ? '' : `: ${refusal}`}`
}

function describeFailure(error: unknown, port: number): string {
  const inUse = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE'
  if (inUse) return `Something else listens on port ${port}: choose another with --port.`
  return error instanceof Error ? error.message : String(error)
}
