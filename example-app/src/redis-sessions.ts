import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { logLostStore } from './log-lost-store.js'
import { sessionLifetimeSeconds } from './session-lifetime.js'
import type { SessionStore } from './session-store.js'

/** Sessions in Redis. Waits until Redis is there. */
export async function openRedisSessions(url: string): Promise<SessionStore> {
  const client = createClient({
    url,
    // While the connection is lost a request fails at once, instead of waiting for it.
    disableOfflineQueue: true,
  })
  // Without a listener, a lost connection would end this process. The client connects again by itself.
  client.on('error', logLostStore('Redis'))
  await client.connect()
  const store = new RedisStore({ client, prefix: 'example-app:', ttl: sessionLifetimeSeconds })
  const close = async (): Promise<void> => {
    // A lost connection cannot be ended politely.
    if (client.isReady) await client.close()
    else client.destroy()
  }
  return { store, close }
}
