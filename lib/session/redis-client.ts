import type { Store } from 'express-session'

/** As much of a Redis client as is needed; node-redis writes names in camel case, ioredis in lower case. */
export type RedisCommand = (...parameters: readonly unknown[]) => unknown

/** The Redis client of a session store (connect-redis), and what the store's keys begin with. */
export interface RedisOfStore {
  readonly client: object
  readonly prefix: string
}

/** @returns nothing for a store without a client that has all of these commands */
export function findRedis(store: Store, commands: readonly string[]): RedisOfStore | undefined {
  const client: unknown = Reflect.get(store, 'client')
  const prefix: unknown = Reflect.get(store, 'prefix')
  if (typeof client !== 'object' || client === null) return undefined
  if (!commands.every((name) => commandOf(client, name) !== undefined)) return undefined
  return { client, prefix: typeof prefix === 'string' ? prefix : '' }
}

export function commandOf(client: object, name: string): RedisCommand | undefined {
  for (const spelling of [name, name.toLowerCase()]) {
    const command: unknown = Reflect.get(client, spelling)
    if (typeof command === 'function')
      return (...parameters): unknown => Reflect.apply(command, client, parameters) as unknown
  }
  return undefined
}
