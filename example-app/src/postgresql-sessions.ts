import { promisify } from 'node:util'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { Pool } from 'pg'
import { logLostStore } from './log-lost-store.js'
import { sessionLifetimeSeconds } from './session-lifetime.js'
import type { SessionStore } from './session-store.js'

const PostgresqlStore = connectPgSimple(session)

/**
 * Sessions in PostgreSQL, in a table `session` that is made when it is missing.
 *
 * @throws when the database cannot be reached
 */
export async function openPostgresqlSessions(connectionString: string): Promise<SessionStore> {
  // A database that does not answer must not keep a person waiting for ever.
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  const logError = logLostStore('PostgreSQL')
  // Without a listener, a lost connection would end this process. The pool makes a new one when it needs one.
  pool.on('error', logError)
  const store = new PostgresqlStore({
    pool,
    createTableIfMissing: true,
    ttl: sessionLifetimeSeconds,
    errorLog: (_message: string, error: unknown) => logError(error),
  })
  // The table is made at the first query. If that fails the store never tries again: better now than later.
  await promisify(store.get.bind(store))('is there a table?')
  const close = async (): Promise<void> => {
    store.close()
    await pool.end()
  }
  return { store, close }
}
