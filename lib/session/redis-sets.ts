import type { Store } from 'express-session'
import type { SessionSets } from './session-sets.js'

/** As much of a Redis client as is needed; node-redis writes names in camel case, ioredis in lower case. */
type Command = (...parameters: readonly unknown[]) => Promise<unknown>

/**
 * Sets in Redis itself, for stores that have a Redis client (connect-redis): adding and removing is atomic there,
 * however many processes do it at once.
 */
export class RedisSets implements SessionSets {
  readonly #client: object
  readonly #prefix: string

  constructor(client: object, prefix: string) {
    this.#client = client
    this.#prefix = prefix
  }

  /** The sets of a store that has a Redis client; nothing for another store. */
  static of(store: Store): RedisSets | undefined {
    const client: unknown = Reflect.get(store, 'client')
    const prefix: unknown = Reflect.get(store, 'prefix')
    const isRedis =
      typeof client === 'object' &&
      client !== null &&
      ['sAdd', 'sRem', 'sMembers', 'expire'].every((name) => commandOf(client, name) !== undefined)
    return isRedis ? new RedisSets(client, typeof prefix === 'string' ? prefix : '') : undefined
  }

  async add(key: string, member: string, lifetimeSeconds: number): Promise<boolean> {
    const added = await this.#run('sAdd', key, member)
    await this.#run('expire', key, Math.max(1, Math.ceil(lifetimeSeconds)))
    return added === 1
  }

  async remove(key: string, member: string): Promise<void> {
    await this.#run('sRem', key, member)
  }

  async members(key: string): Promise<readonly string[]> {
    const found = await this.#run('sMembers', key)
    return Array.isArray(found) ? found.filter((member) => typeof member === 'string') : []
  }

  async #run(name: string, key: string, ...parameters: readonly unknown[]): Promise<unknown> {
    return await commandOf(this.#client, name)?.(`${this.#prefix}${key}`, ...parameters)
  }
}

function commandOf(client: object, name: string): Command | undefined {
  for (const spelling of [name, name.toLowerCase()]) {
    const command: unknown = Reflect.get(client, spelling)
    if (typeof command === 'function')
      return (...parameters) => Promise.resolve<unknown>(Reflect.apply(command, client, parameters))
  }
  return undefined
}
