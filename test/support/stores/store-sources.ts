import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session, { type Store } from 'express-session'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import pg from 'pg'
import { createClient } from 'redis'
import { startPostgres } from './postgres-server.js'
import { startRedis } from './redis-server.js'
import { SlowStore } from './slow-store.js'

/** Where the stores of a test come from. */
export interface StoreSource {
  /** Where another process finds it; nothing where none can. */
  readonly url?: string
  /** A store with nothing in it. */
  empty(): Promise<Store>
  /** The same data as another process sees it. */
  another(): Promise<Store>
  /** The ids of the sessions in the store; the shared records of the logout registry are left out. */
  sessionIds(): Promise<readonly string[]>
  close(): Promise<void>
}

const isSession = (id: string): boolean => !id.startsWith('cis2.')

export function memorySource(): Promise<StoreSource> {
  return Promise.resolve(sourceInMemory(() => new session.MemoryStore()))
}

export function slowSource(): Promise<StoreSource> {
  return Promise.resolve(sourceInMemory(() => new SlowStore()))
}

function sourceInMemory(create: () => session.MemoryStore | SlowStore): StoreSource {
  let store = create()
  return {
    empty: () => Promise.resolve((store = create())),
    another: () => Promise.resolve(store),
    sessionIds: () =>
      new Promise((resolve, reject) => {
        store.all((error: unknown, sessions) =>
          error ? reject(error) : resolve(Object.keys(sessions ?? {}).filter(isSession)),
        )
      }),
    close: () => Promise.resolve(),
  }
}

export async function redisSource(): Promise<StoreSource> {
  const server = await startRedis()
  const open = async () => await createClient({ url: `redis://127.0.0.1:${server.port}` }).connect()
  const clients = [await open(), await open()] as const
  const prefix = 'sess:'
  return {
    url: `redis://127.0.0.1:${server.port}`,
    async empty() {
      await clients[0].flushAll()
      return new RedisStore({ client: clients[0], prefix })
    },
    another: () => Promise.resolve(new RedisStore({ client: clients[1], prefix })),
    async sessionIds() {
      const keys = await clients[0].keys(`${prefix}*`)
      return keys.map((key) => key.slice(prefix.length)).filter(isSession)
    },
    async close() {
      for (const client of clients) client.destroy()
      await server.stop()
    },
  }
}

export async function postgresSource(): Promise<StoreSource> {
  const server = await startPostgres()
  const address = { host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' }
  const pools = [new pg.Pool(address), new pg.Pool(address)] as const
  const PostgresStore = connectPgSimple(session)
  const open = (pool: pg.Pool): Store =>
    new PostgresStore({ pool, pruneSessionInterval: false, errorLog: () => undefined })
  await pools[0].query(await tableDefinition())
  return {
    url: `postgresql://postgres@127.0.0.1:${server.port}/postgres`,
    async empty() {
      await pools[0].query('TRUNCATE session')
      return open(pools[0])
    },
    another: () => Promise.resolve(open(pools[1])),
    async sessionIds() {
      const { rows } = await pools[0].query<{ sid: string }>('SELECT sid FROM session')
      return rows.map(({ sid }) => sid).filter(isSession)
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.end()))
      await server.stop()
    },
  }
}

/** The table as connect-pg-simple's users are told to make it. */
export async function tableDefinition(): Promise<string> {
  return await readFile(createRequire(import.meta.url).resolve('connect-pg-simple/table.sql'), 'utf8')
}
