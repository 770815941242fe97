import { hash } from 'node:crypto'
import type { Store } from 'express-session'
import { RedisSets } from './redis-sets.js'
import type { Cis2SessionRecord } from './session-data.js'
import { RecordSets, type SessionSets } from './session-sets.js'
import { SharedRecords } from './shared-records.js'
import { SpreadSets } from './spread-sets.js'

/** As much of a login as says when it is ended: who, which of CIS2's sessions, and since when. */
export type LoginIdentity = Pick<Cis2SessionRecord, 'sub' | 'sid' | 'issuedAt'>

/** Whose sessions a logout token ends. */
export interface LogoutTarget {
  readonly sid?: string
  readonly sub?: string
}

/**
 * Whether a login had begun when a logout token was issued, both by CIS2's clock: this machine's may differ from it.
 * Logins of the same second count as begun: ending one too many is the safe mistake, and the next login is later.
 */
export function hadBegunBy({ issuedAt }: Pick<LoginIdentity, 'issuedAt'>, endedAt: number): boolean {
  return Math.floor(issuedAt) <= endedAt
}

interface RegistrySettings {
  /** Keeps two clients that share a store apart. */
  readonly namespace: string
  /** The longest that a session can live, in seconds: nothing here is needed for longer. */
  readonly lifetimeSeconds: number
  /** How long the store may take for one record, in milliseconds. */
  readonly patienceMs: number
}

/**
 * What every process has to know about logouts: which sessions belong to CIS2's `sid` and `sub`, and what has ended.
 *
 * express-session lets a request in flight write a destroyed session back, on any process. So the end of a session is
 * put on record before the session is destroyed, and no session on record is written again (see `guardStore`).
 * Keys are hashes: nothing that CIS2 or a browser sends can name another record or a session.
 */
export class LogoutRegistry {
  readonly records: SharedRecords
  readonly #bySid: SessionSets
  readonly #bySub: SessionSets
  readonly #settings: RegistrySettings

  constructor(store: Store, settings: RegistrySettings) {
    this.records = new SharedRecords(store, settings.patienceMs)
    const redis = RedisSets.of(store, settings.patienceMs)
    // express-session's own is known to one process only.
    this.#bySid = redis ?? new RecordSets(this.records, store.constructor.name !== 'MemoryStore')
    this.#bySub = redis ?? new SpreadSets(this.#bySid)
    this.#settings = settings
  }

  /**
   * Lets a session be found by its login's `sid` and `sub`. Before the session is written, so that none is ever without.
   *
   * @returns whether it could not be found before: a new login, or an old one under a new id
   */
  async index(sessionId: string, { sid, sub }: LoginIdentity): Promise<boolean> {
    const { lifetimeSeconds } = this.#settings
    const [isNew] = await Promise.all([
      this.#bySub.add(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined
        ? undefined
        : this.#bySid.add(this.#key('sessions of sid', sid), this.#owned(sub, sessionId), lifetimeSeconds),
    ])
    return isNew
  }

  /** Forgets where to find a session that has ended. */
  async unindex(sessionId: string, { sid, sub }: LoginIdentity): Promise<void> {
    const { lifetimeSeconds } = this.#settings
    await Promise.all([
      this.#bySub.remove(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined
        ? undefined
        : this.#bySid.remove(this.#key('sessions of sid', sid), this.#owned(sub, sessionId), lifetimeSeconds),
    ])
  }

  /** Deletes what was kept beside the session for a login that has ended. */
  async deleteKept({ keptBeside }: Pick<Cis2SessionRecord, 'keptBeside'>): Promise<void> {
    await Promise.all((keptBeside ?? []).map((key) => this.records.delete(key)))
  }

  /** Session ids that belong to the target. A `sid` means only that session of CIS2's, also with a `sub` beside it. */
  async sessionsOf({ sid, sub }: LogoutTarget): Promise<readonly string[]> {
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

  /**
   * Puts on record that this session and its login are over, whoever writes it again.
   *
   * @returns the id under which the login goes on nevertheless, and has to be ended too
   */
  async endSession(sessionId: string): Promise<string | undefined> {
    await Promise.all([this.retireId(sessionId), this.#note('ended login', sessionId, 1)])
    return await this.#renewedAs(sessionId)
  }

  /** Puts on record that a session is never written under this id again. Its login may go on under another. */
  async retireId(sessionId: string): Promise<void> {
    await this.#note('ended session', sessionId, 1)
  }

  /** Whether a session of this id is never written again: it has ended, or its login has gone on under another id. */
  async isRetired(sessionId: string): Promise<boolean> {
    return (await this.records.get(this.#key('ended session', sessionId))) !== undefined
  }

  /**
   * Puts on record under which id a login goes on, for whoever ends it under the old one. Whoever renews it looks
   * afterwards whether it is over (`isLoginOver`): of the two, at least one sees the other.
   */
  async noteRenewal(formerId: string, sessionId: string): Promise<void> {
    await this.#note('renewed session', formerId, sessionId)
  }

  async #renewedAs(sessionId: string): Promise<string | undefined> {
    const found = await this.records.get(this.#key('renewed session', sessionId))
    return typeof found === 'string' ? found : undefined
  }

  async #note(what: string, name: string, value: unknown): Promise<void> {
    await this.records.set(this.#key(what, name), value, this.#settings.lifetimeSeconds)
  }

  /**
   * Puts on record that what belongs to the target and began by then is over: also a login that is being finished just
   * now and cannot be found yet.
   *
   * @param endedAt seconds since the epoch; see `hadBegunBy` for logins of the same second
   */
  async endLogins({ sid, sub }: LogoutTarget, endedAt: number): Promise<void> {
    const [what, name] = sid === undefined ? ['ended sub', sub ?? ''] : ['ended sid', sid]
    await this.#note(what, name, endedAt)
  }

  /** Whether the session, or its login, is on record as over: a session of this id may not be written. */
  async isEnded(sessionId: string, login: LoginIdentity): Promise<boolean> {
    return await this.#isOver('ended session', sessionId, login)
  }

  /** Whether the login is on record as over, under whatever id it has gone on. */
  async isLoginOver(sessionId: string, login: LoginIdentity): Promise<boolean> {
    if (await this.#isOver('ended login', sessionId, login)) return true
    const renewedAs = await this.#renewedAs(sessionId)
    return renewedAs !== undefined && (await this.isLoginOver(renewedAs, login))
  }

  async #isOver(what: string, sessionId: string, { sid, sub, issuedAt }: LoginIdentity): Promise<boolean> {
    const [session, ...logins] = await Promise.all([
      this.records.get(this.#key(what, sessionId)),
      this.records.get(this.#key('ended sub', sub)),
      sid === undefined ? undefined : this.records.get(this.#key('ended sid', sid)),
    ])
    return (
      session !== undefined ||
      logins.some((endedAt) => typeof endedAt === 'number' && hadBegunBy({ issuedAt }, endedAt))
    )
  }

  /** @returns whether the token had been seen before */
  async hasSeenToken(jti: string): Promise<boolean> {
    return (await this.records.get(this.#key('logout token', jti))) !== undefined
  }

  /** @param lifetimeSeconds for which the token could be accepted again; after a session's life it could end nothing */
  async noteToken(jti: string, lifetimeSeconds: number): Promise<void> {
    const longest = this.#settings.lifetimeSeconds
    await this.records.set(this.#key('logout token', jti), 1, Math.min(lifetimeSeconds, longest))
  }

  #key(what: string, name: string): string {
    return `cis2.${hash('sha256', JSON.stringify([this.#settings.namespace, what, name]), 'base64url')}`
  }
}
