import type { SessionData, Store } from 'express-session'
import { randomText } from '../random.js'
import { storeResult } from './store-call.js'

const answers = new WeakMap<Store, Promise<boolean> | boolean>()

/**
 * Whether a store's `touch` writes a session that is not there, as some do: it then brings ended ones back. Tried once,
 * with an id that nobody has.
 */
export function touchWrites(store: Store): Promise<boolean> | boolean {
  if (typeof store.touch !== 'function') return false
  const known = answers.get(store)
  if (known !== undefined) return known
  const trying = tryTouch(store).then(
    (answer) => {
      answers.set(store, answer)
      return answer
    },
    () => {
      // Nobody knows: this once as if it did.
      answers.delete(store)
      return true
    },
  )
  answers.set(store, trying)
  return trying
}

async function tryTouch(store: Store): Promise<boolean> {
  const id = `cis2.${randomText(24)}`
  const lifetimeMs = 60_000
  const expires = new Date(Date.now() + lifetimeMs)
  const cookie = { originalMaxAge: lifetimeMs, maxAge: lifetimeMs, expires, path: '/', httpOnly: true }
  const data = { cookie } as unknown as SessionData
  // Some call it a failure when there is nothing to touch.
  await storeResult((done) => store.touch?.(id, data, done)).catch(() => undefined)
  const found = await storeResult<unknown>((done) => store.get(id, done)).catch(nothingIfMissing)
  if (!found) return false
  await storeResult((done) => store.destroy(id, done))
  return true
}

// express-session takes this failure of a store that keeps files for "no such session", too.
function nothingIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}
