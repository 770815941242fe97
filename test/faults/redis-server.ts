import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'

/** A Redis of the test's own, on loopback, that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string
  /** Ends it at once, as a machine that loses power does. */
  kill(): Promise<void>
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>
  /** Stops it in the middle of everything, with its connections open; and lets it go on. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

/** A client as the tests make it. */
export type RedisClient = Awaited<ReturnType<typeof connectRedis>>

/** Where Redis is on this machine, or undefined. */
export function findRedis(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':')
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path))
}

export async function startRedis(): Promise<RedisServer> {
  const path = findRedis()
  if (path === undefined) throw new Error('redis-server was not found')
  const port = await findFreePort()
  const folder = await mkdtemp(join(tmpdir(), 'faults-redis-'))
  let server = await launch(path, port, folder)
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(server, 'SIGKILL'),
    async restart() {
      server = await launch(path, port, folder)
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async stop() {
      await end(server, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Commands fail at once while there is no connection, and the client connects again by itself. */
export async function connectRedis(url: string) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: () => 50 },
  })
  // Without a listener, a lost connection would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function launch(path: string, port: number, folder: string): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn(path, [...settings, '--dir', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
      if (output.includes('Ready to accept connections')) resolve()
    })
  })
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
