import type { Store } from 'express-session'
import { withinTime } from '../deadline.js'
import { randomText } from '../random.js'
import { commandOf, findRedis } from './redis-client.js'
import type { HeldLock, StoreLock } from './store-lock.js'

// Only its owner may give a lock back: it may have ended by itself and be another's.
const deleteIfMine =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
const patienceMs = 5000

/** Locks in Redis, for stores that have a Redis client (connect-redis): taking and giving back is atomic there. */
export class RedisLock implements StoreLock {
  readonly #client: object
  readonly #prefix: string

  constructor(client: object, prefix: string) {
    this.#client = client
    this.#prefix = prefix
  }

  /** The locks of a store that has a Redis client; nothing for another store. */
  static of(store: Store): RedisLock | undefined {
    const redis = findRedis(store, ['set', 'get', 'eval', 'expire'])
    return redis && new RedisLock(redis.client, redis.prefix)
  }

  async take(key: string, lifetimeMs: number): Promise<HeldLock | undefined> {
    const name = this.#prefix + key
    // JSON, because stores read every key of theirs as JSON when they list their sessions.
    const owner = JSON.stringify({ cis2Lock: randomText(16) })
    const taken = isIoredis(this.#client)
      ? await this.#run('set', name, owner, 'PX', Math.ceil(lifetimeMs), 'NX')
      : await this.#run('set', name, owner, { PX: Math.ceil(lifetimeMs), NX: true })
    if (taken !== 'OK') return undefined
    return {
      release: async () => {
        if (isIoredis(this.#client)) await this.#run('eval', deleteIfMine, 1, name, owner)
        else await this.#run('eval', deleteIfMine, { keys: [name], arguments: [owner] })
      },
    }
  }

  #run(command: string, ...parameters: readonly unknown[]): Promise<unknown> {
    return withinTime(Promise.resolve(commandOf(this.#client, command)?.(...parameters)), patienceMs)
  }
}

/** node-redis takes options as objects, ioredis as words; only ioredis has `call`. */
function isIoredis(client: object): boolean {
  return commandOf(client, 'call') !== undefined
}
