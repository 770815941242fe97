import { MemoryStore, type Store } from 'express-session'
import { openPostgresqlSessions } from './postgresql-sessions.js'
import { openRedisSessions } from './redis-sessions.js'
import type { SessionSettings } from './settings.js'

export interface SessionStore {
  store: Store
  /** Ends the connections. */
  close(): Promise<void>
}

/** The store that the settings name. The memory of this process is right for an example, wrong for a service. */
export async function openSessionStore({ redisUrl, databaseUrl }: SessionSettings): Promise<SessionStore> {
  if (redisUrl !== undefined) return await openRedisSessions(redisUrl)
  if (databaseUrl !== undefined) return await openPostgresqlSessions(databaseUrl)
  return { store: new MemoryStore(), close: () => Promise.resolve() }
}
