import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { findFreePort, makeFolder, startServer, type ServerProcess } from './server-process.js'

const program = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((path) => existsSync(path))

/** Whether there is a redis-server on this machine. */
export const hasRedis = program !== undefined

/** Starts Redis without anything that would outlive it. */
export async function startRedis(): Promise<ServerProcess> {
  const port = await findFreePort()
  const folder = await makeFolder()
  const command = [program ?? '', '--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const stop = await startServer([...command, '--save', '', '--appendonly', 'no'], {
    folder,
    isReady: () => answers(port),
    signal: 'SIGKILL',
  })
  return { port, stop }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('error', () => resolve(false))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
  })
}
