// The session store that the processes of a test share.
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import pg from 'pg'
import { createClient } from 'redis'

/** Redis or PostgreSQL, by its address. Resolves with what ends its connections too. */
export async function openStore(url) {
  if (url.startsWith('redis:')) {
    const client = await createClient({ url }).connect()
    return { store: new RedisStore({ client }), disconnect: () => client.close() }
  }
  const pool = new pg.Pool({ connectionString: url })
  const PostgresStore = connectPgSimple(session)
  return { store: new PostgresStore({ pool, pruneSessionInterval: false }), disconnect: () => pool.end() }
}
