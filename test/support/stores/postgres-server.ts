import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { findFreePort, makeFolder, startServer, type ServerProcess } from './server-process.js'

const programs = findPrograms()

/** Whether there is a PostgreSQL on this machine that a test may start. */
export const hasPostgres = programs !== undefined && (!isRoot() || findOtherUser() !== undefined)

/** Starts PostgreSQL with an empty database `postgres`, whose user `postgres` needs no password. */
export async function startPostgres(): Promise<ServerProcess> {
  const port = await findFreePort()
  // It refuses to run as root.
  const user = isRoot() ? findOtherUser() : undefined
  const folder = await makeFolder(user)
  const data = join(folder, 'data')
  const as = user
    ? ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--reset-env']
    : []
  const initialise = [join(programs ?? '', 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust']
  const command: readonly string[] = [...as, ...initialise, '--no-sync', '-E', 'UTF8', '--locale=C']
  await promisify(execFile)(command[0] ?? '', command.slice(1), { cwd: folder })
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', `port=${port}`]
  const stop = await startServer(
    [...as, join(programs ?? '', 'postgres'), '-D', data, ...settings.flatMap((each) => ['-c', each])],
    { folder, isReady: () => answers(port), signal: 'SIGQUIT' },
  )
  return { port, stop }
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function findPrograms(): string | undefined {
  return ['/usr/lib/postgresql', '/usr/local/pgsql', '/usr/local']
    .flatMap((root) => [join(root, 'bin'), ...versionsIn(root)])
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function versionsIn(root: string): readonly string[] {
  const versions = existsSync(root) ? readdirSync(root) : []
  return versions.map((version) => join(root, version, 'bin'))
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function findOtherUser(): { uid: number; gid: number } | undefined {
  const users = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}
