import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cis2Options } from '../../lib/index.js'
import type { RecordedEvent } from '../support/app.js'

const program = fileURLToPath(new URL('app.js', import.meta.url))
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

/** What each process is started with; the options go over as JSON. */
export interface ProcessSettings {
  readonly storeUrl: string
  readonly resave: boolean
  readonly cis2: Cis2Options
}

/** An application in a process of its own. */
export interface AppProcess {
  readonly port: number
  readonly pid: number
  readonly events: RecordedEvent[]
  /** Resolves when the slow page has been asked for, and waits. */
  arrived(): Promise<void>
  /** Lets the slow page write its session and answer. */
  goOn(): void
  /** Resolves with its exit code when it has ended by itself. */
  close(): Promise<number | null>
}

interface Message {
  readonly port?: number
  readonly arrived?: boolean
  readonly event?: RecordedEvent
}

/** Starts the built library in an application. */
export async function startAppProcess(settings: ProcessSettings): Promise<AppProcess> {
  if (!existsSync(built)) throw new Error('Build the library first: npm run build')
  const child = fork(program, [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  const events: RecordedEvent[] = []
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  let arrive = (): void => undefined
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.event) events.push(message.event)
      if (message.arrived) arrive()
      if (message.port !== undefined) resolve(message.port)
    })
    child.once('close', () => reject(new Error(`the process ended: ${output}`)))
  })
  return {
    port,
    pid: child.pid ?? 0,
    events,
    arrived: () => new Promise((resolve) => (arrive = resolve)),
    goOn: () => void child.send('go on'),
    async close() {
      if (child.connected) child.send('close')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      const code = await ended
      clearTimeout(late)
      return code
    },
  }
}
