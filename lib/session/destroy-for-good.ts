import type { Store } from 'express-session'
import type { LogoutRegistry } from './logout-registry.js'
import { storeResult } from './store-call.js'

/** Ends a session, and its login under whatever id it has gone on. */
export async function destroyForGood(
  store: Store,
  registry: LogoutRegistry,
  sessionId: string,
): Promise<void> {
  const renewedAs = await registry.endSession(sessionId)
  await storeResult((done) => store.destroy(sessionId, done))
  if (renewedAs !== undefined) await destroyForGood(store, registry, renewedAs)
}
