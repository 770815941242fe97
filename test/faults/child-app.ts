import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cis2Options } from '../../lib/index.js'

/** What the application in the child is made of; it has to survive the way there as JSON. */
export interface ChildSettings {
  options: Cis2Options
  sessionSecret: string
  /** @default sessions in the child's memory */
  redisUrl?: string
  /** More for Node. @default nothing */
  execArgv?: readonly string[]
}

/** An application in a process of its own. */
export interface ChildApp {
  readonly url: string
  /** The heap in bytes, after a collection. */
  memory(): Promise<number>
  /** Keeps its event loop busy for so many milliseconds, from now on. */
  block(milliseconds: number): Promise<void>
  /** From now on, its commands to the store are written down. */
  record(): Promise<void>
  recorded(): Promise<readonly string[]>
  /** From now on, it stops for good before its store's command of this number; `stopped` resolves with its name. */
  stopAt(number: number): Promise<{ stopped: Promise<string> }>
  /** Sends SIGTERM. */
  terminate(): void
  /** kill -9 */
  kill(): Promise<void>
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

const appFile = fileURLToPath(new URL('child/app.js', import.meta.url))
const builtFile = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

type Message = { ready?: number; stopped?: string; id?: number; answer?: unknown }

export async function startChildApp({ execArgv = [], ...settings }: ChildSettings): Promise<ChildApp> {
  if (!existsSync(builtFile)) throw new Error('Build the library first: npm run build')
  const child = fork(appFile, [], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH },
  })
  let output = ''
  const read = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-4000))
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  const messages = new Messages(child)
  const failed = ended.then((how): never => {
    throw new Error(`the application ended (${how}): ${output}`)
  })
  failed.catch(() => undefined)
  const ready = messages.next(({ ready }) => ready)
  child.send({ start: settings })
  const port = await Promise.race([ready, failed])
  let lastId = 0
  const ask = async (question: string, value?: unknown): Promise<unknown> => {
    const id = ++lastId
    const answer = messages.next((message) => (message.id === id ? { value: message.answer } : undefined))
    child.send({ ask: question, value, id })
    return (await Promise.race([answer, failed])).value
  }
  return {
    url: `http://127.0.0.1:${port}`,
    ended,
    memory: async () => Number(await ask('memory')),
    block: async (milliseconds) => void (await ask('block', milliseconds)),
    record: async () => void (await ask('record')),
    recorded: async () => (await ask('recorded')) as readonly string[],
    async stopAt(number) {
      const stopped = Promise.race([messages.next((message) => message.stopped), failed])
      stopped.catch(() => undefined)
      await ask('stopAt', number)
      return { stopped }
    },
    terminate: () => void child.kill('SIGTERM'),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

class Messages {
  readonly #child: ChildProcess

  constructor(child: ChildProcess) {
    this.#child = child
  }

  /** The first message from now on in which something is found. */
  next<T>(find: (message: Message) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const hear = (message: unknown): void => {
        const found = find(message as Message)
        if (found === undefined) return
        this.#child.off('message', hear)
        resolve(found)
      }
      this.#child.on('message', hear)
    })
  }
}
