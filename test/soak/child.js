import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a process of the soak. Resolves when it is ready. */
export async function startChild(file, settings, execArgv = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    execArgv,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let output = ''
  child.stderr.on('data', (chunk) => (output = (output + chunk).slice(-4_000)))
  const waiting = new Map()
  let lastId = 0
  child.on('message', ({ id, answer }) => {
    waiting.get(id)?.resolve(answer)
    waiting.delete(id)
  })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
  const failed = ended.then((how) => {
    const error = new Error(`${file} ended (${how}): ${output}`)
    for (const { reject } of waiting.values()) reject(error)
    throw error
  })
  failed.catch(() => undefined)
  const ready = new Promise((resolve) => child.once('message', (message) => resolve(message.ready)))
  child.send({ start: settings })
  return {
    ready: await Promise.race([ready, failed]),
    failed,
    ask: (question) =>
      new Promise((resolve, reject) => {
        waiting.set(++lastId, { resolve, reject })
        child.send({ ...question, id: lastId })
      }),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
