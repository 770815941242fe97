import { spawn, type ChildProcess } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server that a test has started, on loopback. */
export interface ServerProcess {
  readonly port: number
  stop(): Promise<void>
}

/** A port that nobody listens on just now. */
export function findFreePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** A folder that is gone again after the test, and belongs to the user that the server runs as. */
export async function makeFolder(owner?: { uid: number; gid: number }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'express-cis2-test-'))
  if (owner) await chown(folder, owner.uid, owner.gid)
  return folder
}

/** Starts a server and waits until it answers; what it says on the way is told only when it does not. */
export async function startServer(
  command: readonly string[],
  { folder, isReady, signal }: { folder: string; isReady: () => Promise<boolean>; signal: NodeJS.Signals },
): Promise<() => Promise<void>> {
  const [program = '', ...parameters] = command
  const child = spawn(program, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)))
  let failure: string | undefined
  child.once('error', (error) => (failure = error.message))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // A test run that is broken off must not leave its servers behind.
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  for (let tries = 0; !(await isReady()); tries++) {
    if (failure !== undefined || hasEnded(child) || tries > 600) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start: ${failure ?? output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return async () => {
    process.removeListener('exit', kill)
    child.kill(signal)
    await ended
    await rm(folder, { recursive: true, force: true })
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
