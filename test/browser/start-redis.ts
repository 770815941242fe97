import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { findFreePort } from './example-app-process.js'

const program = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((path) => existsSync(path))

export const hasRedis = program !== undefined

export interface RunningRedis {
  url: string
  /** Ends it at once, as a crash would, with everything in it. */
  interrupt(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

/** A Redis of its own on loopback, that keeps nothing on disk. */
export async function startRedis(): Promise<RunningRedis> {
  if (program === undefined) throw new Error('redis-server was not found')
  const port = await findFreePort()
  const password = 'not-for-the-log'
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', password]
  const start = async (): Promise<() => Promise<void>> => {
    const server = spawn(program, [...settings, '--save', '', '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((resolve, reject) => {
      server.once('exit', () => reject(new Error('redis-server stopped')))
      server.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes('Ready to accept connections')) resolve()
      })
    })
    return async () => {
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
    }
  }
  let end = await start()
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    interrupt: () => end(),
    resume: async () => {
      end = await start()
    },
    stop: () => end(),
  }
}
