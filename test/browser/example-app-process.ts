import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const clockFile = fileURLToPath(new URL('movable-clock.js', import.meta.url))
const serverFile = fileURLToPath(new URL('../../example-app/dist/server.js', import.meta.url))

export interface ExampleAppProcess {
  /** The address it printed, once it has. Rejects with what it wrote when it stops before that. */
  address: Promise<string>
  /** Its exit code and everything it wrote. */
  ended: Promise<{ code: number | null; output: string }>
  /** Everything it wrote until now. */
  output(): string
  /** Moves its clock forward: as if it had been waited for. */
  moveClock(seconds: number): Promise<void>
  stop(): Promise<void>
}

/** Starts the built example app as `npm start` does: with no CIS2 settings, unless some are given. */
export function startExampleApp(port: number, settings: Record<string, string> = {}): ExampleAppProcess {
  if (!existsSync(serverFile)) throw new Error('Build the example app first: npm run build -w example-app')

  const isOurs = (name: string): boolean =>
    /^CIS2_|^PLATFORM_|^(?:REDIS_URL|DATABASE_URL|SESSION_SECRET|IDLE_TIMEOUT_MINUTES)$/.test(name)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)))
  const child = spawn(process.execPath, ['--import', clockFile, serverFile], {
    env: { ...env, PORT: String(port), TRUST_PROXY: '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })

  let output = ''
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }))
  })
  const address = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const found = /^The example app is at (\S+)$/m.exec(output)
      if (found?.[1] !== undefined) resolve(found[1])
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('close', () => reject(new Error(`The example app stopped: ${output}`)))
  })
  address.catch(() => undefined)

  const moveClock = async (seconds: number): Promise<void> => {
    const moved = once(child, 'message')
    child.send({ seconds })
    await moved
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  return { address, ended, output: () => output, moveClock, stop }
}

/** A port that nothing listens on. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
