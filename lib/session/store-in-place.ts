import type { Store } from 'express-session'
import { baseOf, guardStore, type StoreGuard } from './guarded-store.js'
import { isOwnCall } from './store-call.js'

type Method = (...parameters: readonly unknown[]) => unknown

/** What a store's own methods lead to, and for which clients. */
interface InPlace {
  guarded: Store
  readonly clients: Set<string>
}

const names = ['set', 'touch', 'destroy'] as const
const inPlace = new WeakMap<Store, InPlace>()

/**
 * Lets the store's own methods lead to the guard. express-session touches sessions there, and destroys them where
 * `unset` is "destroy"; routes before the middleware write them there.
 */
export function guardInPlace(store: Store, guard: StoreGuard): void {
  const base = baseOf(store)
  const known = inPlace.get(base)
  if (known === undefined)
    install(base, { guarded: guardStore(base, guard), clients: new Set([guard.client]) })
  else if (!known.clients.has(guard.client)) {
    known.guarded = guardStore(known.guarded, guard)
    known.clients.add(guard.client)
  }
}

function install(store: Store, guard: InPlace): void {
  inPlace.set(store, guard)
  for (const name of names) {
    const method: unknown = Reflect.get(store, name)
    // `touch` is optional.
    if (typeof method !== 'function') continue
    const guarded: Method = (...parameters) => {
      // Whoever has put a method of theirs in front of this one has to be asked first, and comes to the guard by
      // `req.sessionStore`.
      const isPassing = isOwnCall() || Reflect.get(store, name) !== guarded
      return Reflect.apply(
        isPassing ? method : (Reflect.get(guard.guarded, name) as Method),
        store,
        parameters,
      ) as unknown
    }
    Reflect.defineProperty(store, name, { value: guarded, configurable: true, writable: true })
  }
}
