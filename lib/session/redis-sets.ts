import type { Store } from 'express-session'
import { withinTime } from '../deadline.js'
import { commandOf, findRedis } from './redis-client.js'
import type { SessionSets } from './session-sets.js'

// More sessions of one person are a test or a script.
const mostMembers = 4000

/**
 * Sets in Redis itself, for stores that have a Redis client (connect-redis): adding and removing is atomic there,
 * however many processes do it at once.
 */
export class RedisSets implements SessionSets {
  readonly #client: object
  readonly #prefix: string
  readonly #patienceMs: number

  constructor(client: object, prefix: string, patienceMs: number) {
    this.#client = client
    this.#prefix = prefix
    this.#patienceMs = patienceMs
  }

  /** The sets of a store that has a Redis client; nothing for another store. */
  static of(store: Store, patienceMs: number): RedisSets | undefined {
    const redis = findRedis(store, ['multi', 'sRem', 'sMembers', 'sPop'])
    return redis && new RedisSets(redis.client, redis.prefix, patienceMs)
  }

  async add(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    const name = `${this.#prefix}${key}`
    // In one transaction: a process that dies between the two would leave a set that lives for ever.
    const transaction = call(this.#client, 'multi')
    call(transaction, 'sAdd', name, member)
    call(transaction, 'expire', name, Math.max(1, Math.ceil(lifetimeSeconds)))
    call(transaction, 'sCard', name)
    const [added, , size] = resultsOf(await this.#inTime(call(transaction, 'exec')))
    // Adding renews the set's life: of the thousands of sessions that a script makes, some are forgotten.
    if (added === 1 && Number(size) > mostMembers) await this.#run('sPop', key)
  }

  async remove(key: string, member: string): Promise<void> {
    await this.#run('sRem', key, member)
  }

  async members(key: string): Promise<readonly string[]> {
    const found = await this.#run('sMembers', key)
    // Nothing found is an empty list. Anything else would be taken for "this person has no session".
    if (!Array.isArray(found)) throw new Error('the members of a set are not a list')
    return found.filter((member) => typeof member === 'string')
  }

  async #run(name: string, key: string, ...parameters: readonly unknown[]): Promise<unknown> {
    return await this.#inTime(call(this.#client, name, `${this.#prefix}${key}`, ...parameters))
  }

  #inTime(answer: unknown): Promise<unknown> {
    return withinTime(Promise.resolve(answer), this.#patienceMs)
  }
}

/** The results of a transaction's commands: node-redis lists them, ioredis pairs each with an error. */
function resultsOf(results: unknown): readonly unknown[] {
  if (!Array.isArray(results)) throw new Error('the transaction was not carried out')
  return (results as readonly unknown[]).map((each) => {
    if (!Array.isArray(each)) return each
    const [error, result] = each as readonly unknown[]
    if (error instanceof Error) throw error
    return result
  })
}

function call(target: unknown, name: string, ...parameters: readonly unknown[]): unknown {
  return typeof target === 'object' && target !== null ? commandOf(target, name)?.(...parameters) : undefined
}
