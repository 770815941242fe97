import type { Store } from 'express-session'
import { recordKey } from './record-key.js'
import { RedisSets } from './redis-sets.js'
import type { Cis2SessionRecord } from './session-data.js'
import { RecordSets, type SessionSets } from './session-sets.js'
import type { SharedRecords } from './shared-records.js'
import { SpreadSets } from './spread-sets.js'

/** As much of a login as says when it is ended: who, which of CIS2's sessions, and since when. */
export type LoginIdentity = Pick<Cis2SessionRecord, 'sub' | 'sid' | 'issuedAt'>

/** Whose sessions a logout token ends. */
export interface LogoutTarget {
  readonly sid?: string
  readonly sub?: string
}

export interface RegistrySettings {
  /** Keeps two clients that share a store apart. */
  readonly namespace: string
  /** The longest that a session can live, in seconds: nothing here is needed for longer. */
  readonly lifetimeSeconds: number
  /** How long the store may take for one record, in milliseconds. */
  readonly patienceMs: number
}

/** Sets beside these records: in Redis itself where the store has a client, else as records. */
export function setsBeside(store: Store, records: SharedRecords, patienceMs: number): SessionSets {
  // express-session's own is known to one process only.
  return RedisSets.of(store, patienceMs) ?? new RecordSets(records, store.constructor.name !== 'MemoryStore')
}

/** Which sessions belong to CIS2's `sid` and `sub`, as every process knows it. */
export class SessionIndex {
  readonly #bySid: SessionSets
  readonly #bySub: SessionSets
  readonly #settings: RegistrySettings

  constructor(store: Store, records: SharedRecords, settings: RegistrySettings) {
    const sets = setsBeside(store, records, settings.patienceMs)
    this.#bySid = sets
    this.#bySub = sets instanceof RedisSets ? sets : new SpreadSets(sets)
    this.#settings = settings
  }

  /** Lets a session be found by its login's `sid` and `sub`. Before the session is written, so that none is ever without. */
  async add(sessionId: string, { sid, sub }: LoginIdentity): Promise<void> {
    const { lifetimeSeconds } = this.#settings
    await Promise.all([
      this.#bySub.add(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined
        ? undefined
        : this.#bySid.add(this.#key('sessions of sid', sid), this.#owned(sub, sessionId), lifetimeSeconds),
    ])
  }

  /** Forgets where to find a session that has ended. */
  async remove(sessionId: string, { sid, sub }: LoginIdentity): Promise<void> {
    const { lifetimeSeconds } = this.#settings
    await Promise.all([
      this.#bySub.remove(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined
        ? undefined
        : this.#bySid.remove(this.#key('sessions of sid', sid), this.#owned(sub, sessionId), lifetimeSeconds),
    ])
  }

  /** Session ids that belong to the target. A `sid` means only that session of CIS2's, also with a `sub` beside it. */
  async find({ sid, sub }: LogoutTarget): Promise<readonly string[]> {
    if (sid !== undefined) return (await this.#ownedBySid(sid)).map(({ sessionId }) => sessionId)
    return sub === undefined ? [] : await this.#bySub.members(this.#key('sessions of sub', sub))
  }

  /** Whether CIS2's session is known here to be another person's. */
  async isSidOfAnother(sid: string, sub: string): Promise<boolean> {
    const known = await this.#ownedBySid(sid)
    return known.length > 0 && known.every(({ owner }) => owner !== this.#key('sub', sub))
  }

  // A session of CIS2's is one person's: the person goes with each of its sessions here, as a hash.
  #owned(sub: string, sessionId: string): string {
    return `${this.#key('sub', sub)}/${sessionId}`
  }

  async #ownedBySid(sid: string): Promise<readonly { owner: string; sessionId: string }[]> {
    const found = await this.#bySid.members(this.#key('sessions of sid', sid))
    return found.map((text) => {
      const slash = text.indexOf('/')
      return { owner: text.slice(0, slash), sessionId: text.slice(slash + 1) }
    })
  }

  #key(what: string, name: string): string {
    return recordKey(this.#settings.namespace, what, name)
  }
}
