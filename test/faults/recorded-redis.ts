import type { RedisClient } from './redis-server.js'

/** A command that changed something, as it can be given again. */
type Write = () => Promise<unknown>

const writes = new Set(['set', 'del', 'expire', 'sAdd', 'sRem', 'exec'])
const reads = new Set(['get', 'sMembers'])
type Method = (...parameters: readonly unknown[]) => unknown

/** A Redis client that remembers what it wrote, and can be interrupted before a command. */
export class RecordedRedis {
  readonly #client: RedisClient
  readonly writes: Write[] = []
  /** Runs before each command, with its number since `commands` was set to 0, its name and its key. */
  beforeCommand: (number: number, name: string, key: string) => Promise<void> = () => Promise.resolve()
  commands = 0

  constructor(client: RedisClient) {
    this.#client = client
  }

  /** For the store. */
  get client(): RedisClient {
    return this.#watch(this.#client)
  }

  #watch<T extends object>(target: T, queued: (() => unknown)[] = []): T {
    const isTransaction = 'exec' in target
    return new Proxy(target, {
      get: (real, name) => {
        const value: unknown = Reflect.get(real, name, real)
        if (typeof value !== 'function') return value
        const call = value as Method
        if (name === 'multi') return () => this.#watch(Reflect.apply(call, real, []) as object)
        const isCommand = writes.has(String(name)) || reads.has(String(name))
        if (!isCommand) return call.bind(real) as unknown
        return (...parameters: readonly unknown[]) => {
          if (isTransaction && name !== 'exec') {
            queued.push(() => this.#again(String(name), parameters))
            return Reflect.apply(call, real, parameters)
          }
          return this.#run(real, call, { name: String(name), parameters, queued })
        }
      },
    })
  }

  async #run(
    target: object,
    call: Method,
    { name, parameters, queued }: { name: string; parameters: readonly unknown[]; queued: (() => unknown)[] },
  ): Promise<unknown> {
    await this.beforeCommand(this.commands++, name, String(parameters[0]))
    if (name === 'exec') this.writes.push(() => Promise.all(queued.map((each) => each())))
    else if (writes.has(name)) this.writes.push(() => Promise.resolve(this.#again(name, parameters)))
    return await Reflect.apply(call, target, parameters)
  }

  #again(name: string, parameters: readonly unknown[]): unknown {
    const method = Reflect.get(this.#client, name) as Method
    return Reflect.apply(method, this.#client, parameters)
  }
}
