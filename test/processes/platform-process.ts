import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cis2Options } from '../../lib/index.js'
import type { PlatformApplicationCredentials } from '../../lib/simulator/index.js'

const program = fileURLToPath(new URL('platform-app.js', import.meta.url))
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

/** What each process is started with; it goes over as JSON. */
export interface PlatformProcessSettings {
  readonly storeUrl: string
  readonly cis2: Cis2Options
  readonly platform: PlatformApplicationCredentials & { readonly timeoutMs?: number }
}

/** An application that uses the API platform, in a process of its own. */
export interface PlatformProcess {
  readonly port: number
  /** Puts its clock ahead. */
  putAhead(seconds: number): Promise<void>
  /** As the machine does when it is out of memory. */
  kill(): Promise<void>
  /** Resolves with its exit code when it has ended by itself. */
  close(): Promise<number | null>
}

interface Message {
  readonly port?: number
  readonly isAhead?: boolean
}

/** Starts the built library in an application. */
export async function startPlatformProcess(settings: PlatformProcessSettings): Promise<PlatformProcess> {
  if (!existsSync(built)) throw new Error('Build the library first: npm run build')
  const child = fork(program, [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  let output = ''
  let heard = (): void => undefined
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.isAhead) heard()
      if (message.port !== undefined) resolve(message.port)
    })
    child.once('close', () => reject(new Error(`the process ended: ${output}`)))
  })
  return {
    port,
    putAhead(aheadSeconds) {
      const answer = new Promise<void>((resolve) => (heard = resolve))
      child.send({ aheadSeconds })
      return answer
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async close() {
      if (child.connected) child.send('close')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      const code = await ended
      clearTimeout(late)
      return code
    },
  }
}
