import session, { type SessionData } from 'express-session'
import { endSessions } from '../../lib/session/end-sessions.js'
import { LogoutRegistry } from '../../lib/session/logout-registry.js'
import type { Cis2SessionRecord } from '../../lib/session/session-data.js'

const login: Cis2SessionRecord = {
  version: 1,
  client: 'tag',
  sub: '555000000001',
  loggedInAt: 1,
  issuedAt: 1,
  lastSeenAt: 1,
  login: 'packed',
}

/** Whose answers take so long that something else happens between reading and answering. */
class LateStore extends session.MemoryStore {
  meanwhile: () => Promise<void> = () => Promise.resolve()

  override get(sid: string, done: (error: unknown, found?: SessionData | null) => void): void {
    super.get(sid, (error: unknown, found) => void this.meanwhile().then(() => done(error, found)))
  }
}

function save(store: session.MemoryStore, id: string): void {
  store.set(id, { cookie: new session.Cookie(), cis2: login })
}

it('a session that gets another id while it is ended is ended under that', async () => {
  const store = new LateStore()
  const registry = new LogoutRegistry(store, { namespace: 'tag', lifetimeSeconds: 60, patienceMs: 1000 })
  save(store, 'old')
  store.meanwhile = async () => {
    store.meanwhile = () => Promise.resolve()
    await registry.retireId('old')
    await registry.noteTakenAlong(['old'], undefined, 'new')
    save(store, 'new')
  }
  const settings = { store, registry, client: 'tag', isMeant: () => true }
  expect(await endSessions(['old'], settings)).toHaveLength(1)
  const left = await new Promise((resolve) => store.get('new', (_error, found) => resolve(found)))
  expect(left).toBeUndefined()
})
