import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from './example-app-process.js'

const run = promisify(execFile)
const versions = '/usr/lib/postgresql'
const programs = (existsSync(versions) ? readdirSync(versions) : [])
  .map((version) => join(versions, version, 'bin'))
  .find((folder) => existsSync(join(folder, 'initdb')))

export const hasPostgresql = programs !== undefined

export interface RunningPostgresql {
  url: string
  /** Ends it at once, as a crash would; what it has written stays. */
  interrupt(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

/** A PostgreSQL of its own on loopback, in a folder that goes when it stops. */
export async function startPostgresql(): Promise<RunningPostgresql> {
  if (programs === undefined) throw new Error('PostgreSQL was not found')
  const port = await findFreePort()
  const folder = await mkdtemp(join(tmpdir(), 'example-app-postgresql-'))
  // It refuses to run as root.
  const as = userInfo().uid === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  if (as.length > 0) await run('chown', ['postgres', folder])
  const data = join(folder, 'data')
  const call = (name: string, ...parameters: string[]): [string, string[]] => {
    const [program = '', ...rest] = [...as, join(programs, name), '-D', data, ...parameters]
    return [program, rest]
  }
  await run(...call('initdb', '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C'), { cwd: folder })

  const start = async (): Promise<() => Promise<void>> => {
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
    const server = spawn(...call('postgres', ...settings.flatMap((setting) => ['-c', setting])), {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await new Promise<void>((resolve, reject) => {
      let log = ''
      server.once('exit', () => reject(new Error(`PostgreSQL stopped: ${log}`)))
      server.stderr.on('data', (text: Buffer) => {
        log += text.toString()
        if (log.includes('ready to accept connections')) resolve()
      })
    })
    return async () => {
      const ended = once(server, 'exit')
      server.kill('SIGQUIT')
      await ended
    }
  }

  let end = await start()
  return {
    url: `postgres://postgres:not-for-the-log@127.0.0.1:${port}/postgres`,
    interrupt: () => end(),
    resume: async () => {
      end = await start()
    },
    stop: async () => {
      await end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
