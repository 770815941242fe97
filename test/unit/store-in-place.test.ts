import session, { type SessionData, type Store } from 'express-session'
import { guardStore } from '../../lib/session/guarded-store.js'
import { LogoutRegistry } from '../../lib/session/logout-registry.js'
import type { Cis2SessionRecord } from '../../lib/session/session-data.js'
import { guardInPlace } from '../../lib/session/store-in-place.js'
import { storeResult } from '../../lib/session/store-call.js'

// What is called on the store itself meets the guard too.

function registryOf(store: Store, client: string): LogoutRegistry {
  return new LogoutRegistry(store, { namespace: client, lifetimeSeconds: 3600, patienceMs: 1000 })
}

function sessionOf(client: string): SessionData {
  const now = Date.now() / 1000
  const cis2: Cis2SessionRecord = {
    version: 1,
    client,
    sub: '555000000001',
    loggedInAt: now,
    issuedAt: now,
    lastSeenAt: now,
    login: 'packed',
  }
  return { cookie: new session.Cookie(), cis2 }
}

const set = (store: Store, id: string, data: SessionData): Promise<void> =>
  new Promise((resolve, reject) => store.set(id, data, (error) => (error ? reject(error) : resolve())))
const touch = (store: Store, id: string, data: SessionData): Promise<void> =>
  new Promise((resolve) => store.touch?.(id, data, resolve))
const isThere = async (store: Store, id: string): Promise<boolean> =>
  Boolean(await storeResult<unknown>((done) => store.get(id, done)))

class UpsertingStore extends session.MemoryStore {
  override touch(...[id, data, done]: Parameters<Store['set']>): void {
    super.set(id, data, done)
  }
}

describe('a store that is guarded in place', () => {
  it('writes no ended login of either of two clients, and every other session', async () => {
    const store = new UpsertingStore()
    const clients = ['one', 'two', 'one']
    for (const client of clients) guardInPlace(store, { client, registry: registryOf(store, client) })
    for (const client of clients) {
      await set(store, `${client} alive`, sessionOf(client))
      await registryOf(store, client).endSession(`${client} ended`)
      await set(store, `${client} ended`, sessionOf(client))
      await touch(store, `${client} ended`, sessionOf(client))
      expect([await isThere(store, `${client} alive`), await isThere(store, `${client} ended`)]).toEqual([
        true,
        false,
      ])
    }
    await set(store, 'basket', { cookie: new session.Cookie() })
    await touch(store, 'elsewhere', sessionOf('another client'))
    expect([await isThere(store, 'basket'), await isThere(store, 'elsewhere')]).toEqual([true, true])
  })

  it('asks the method that somebody has put in front of its own once, also one that takes its time', async () => {
    const store = new session.MemoryStore()
    const guard = { client: 'one', registry: registryOf(store, 'one') }
    guardInPlace(store, guard)
    const original = store.set.bind(store)
    const asked: string[] = []
    store.set = (id, data, done) => {
      if (!id.startsWith('cis2.')) asked.push(id)
      setImmediate(() => original(id, data, done))
    }
    await set(guardStore(store, guard), 'alive', sessionOf('one'))
    await set(store, 'directly', sessionOf('one'))
    expect(asked).toEqual(['alive', 'directly'])
    expect([await isThere(store, 'alive'), await isThere(store, 'directly')]).toEqual([true, true])
  })

  it('is given no method that it lacks', () => {
    const store = new session.MemoryStore()
    Reflect.defineProperty(store, 'touch', { value: undefined, configurable: true })
    const guard = { client: 'one', registry: registryOf(store, 'one') }
    guardInPlace(store, guard)
    expect([store.touch, guardStore(store, guard).touch]).toEqual([undefined, undefined])
  })

  it('is known behind the guard for what it is', () => {
    const store = new session.MemoryStore()
    const guarded = guardStore(store, { client: 'one', registry: registryOf(store, 'one') })
    expect(guarded.constructor).toBe(session.MemoryStore)
  })

  it('is not trusted to touch only, as long as it cannot say what it does', async () => {
    const store = new UpsertingStore()
    const get = store.get.bind(store)
    const guard = { client: 'one', registry: registryOf(store, 'one') }
    guardInPlace(store, guard)
    await guard.registry.endSession('ended')
    let isFailing = true
    store.get = (id, done) => {
      if (isFailing && id.startsWith('cis2.') && id.length < 40) done(new Error('the store failed'))
      else get(id, done)
    }
    await touch(store, 'ended', sessionOf('one'))
    expect(await isThere(store, 'ended')).toBe(false)
    isFailing = false
    await touch(store, 'ended', sessionOf('one'))
    expect(await isThere(store, 'ended')).toBe(false)
  })
})
