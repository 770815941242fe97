import { hash } from 'node:crypto'
import type { Store } from 'express-session'
import { RedisSets } from './redis-sets.js'
import type { Cis2SessionRecord } from './session-data.js'
import { RecordSets, type SessionSets } from './session-sets.js'
import { SharedRecords } from './shared-records.js'

/** As much of a login as says when it is ended: who, which of CIS2's sessions, and since when. */
export type LoginIdentity = Pick<Cis2SessionRecord, 'sub' | 'sid' | 'loggedInAt'>

/** Whose sessions a logout token ends. */
export interface LogoutTarget {
  readonly sid?: string
  readonly sub?: string
}

interface RegistrySettings {
  /** Keeps two clients that share a store apart. */
  readonly namespace: string
  /** The longest that a session can live, in seconds: nothing here is needed for longer. */
  readonly lifetimeSeconds: number
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
  readonly #sets: SessionSets
  readonly #settings: RegistrySettings

  constructor(store: Store, settings: RegistrySettings) {
    this.records = new SharedRecords(store)
    this.#sets = RedisSets.of(store) ?? new RecordSets(this.records)
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
      this.#sets.add(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined ? undefined : this.#indexSid(sid, sub, sessionId),
    ])
    return isNew
  }

  async #indexSid(sid: string, sub: string, sessionId: string): Promise<void> {
    const { lifetimeSeconds } = this.#settings
    const isNew = await this.#sets.add(this.#key('sessions of sid', sid), sessionId, lifetimeSeconds)
    if (isNew) await this.records.set(this.#key('sub of sid', sid), this.#key('sub', sub), lifetimeSeconds)
  }

  /** Forgets where to find a session that has ended. */
  async unindex(sessionId: string, { sid, sub }: LoginIdentity): Promise<void> {
    const { lifetimeSeconds } = this.#settings
    await Promise.all([
      this.#sets.remove(this.#key('sessions of sub', sub), sessionId, lifetimeSeconds),
      sid === undefined
        ? undefined
        : this.#sets.remove(this.#key('sessions of sid', sid), sessionId, lifetimeSeconds),
    ])
  }

  /** Session ids that belong to the target. A `sid` means only that session of CIS2's, also with a `sub` beside it. */
  async sessionsOf({ sid, sub }: LogoutTarget): Promise<readonly string[]> {
    if (sid !== undefined) return await this.#sets.members(this.#key('sessions of sid', sid))
    return sub === undefined ? [] : await this.#sets.members(this.#key('sessions of sub', sub))
  }

  /** Whether CIS2's session is known here to be another person's. */
  async isSidOfAnother(sid: string, sub: string): Promise<boolean> {
    const owner = await this.records.get(this.#key('sub of sid', sid))
    return typeof owner === 'string' && owner !== this.#key('sub', sub)
  }

  /** Puts on record that this session is over, whoever writes it again. */
  async endSession(sessionId: string): Promise<void> {
    await this.records.set(this.#key('ended session', sessionId), 1, this.#settings.lifetimeSeconds)
  }

  /**
   * Puts on record that what belongs to the target and began by then is over: also a login that is being finished just
   * now and cannot be found yet.
   *
   * @param endedAt seconds since the epoch; logins of the same second are over, later ones are not
   */
  async endLogins({ sid, sub }: LogoutTarget, endedAt: number): Promise<void> {
    const [what, name] = sid === undefined ? ['ended sub', sub ?? ''] : ['ended sid', sid]
    await this.records.set(this.#key(what, name), endedAt, this.#settings.lifetimeSeconds)
  }

  /** Whether the session, or its login, is on record as over. */
  async isEnded(sessionId: string, { sid, sub, loggedInAt }: LoginIdentity): Promise<boolean> {
    const [session, ...logins] = await Promise.all([
      this.records.get(this.#key('ended session', sessionId)),
      this.records.get(this.#key('ended sub', sub)),
      sid === undefined ? undefined : this.records.get(this.#key('ended sid', sid)),
    ])
    return (
      session !== undefined ||
      logins.some((endedAt) => typeof endedAt === 'number' && Math.floor(loggedInAt) <= endedAt)
    )
  }

  /** @returns whether the token had been seen before */
  async hasSeenToken(jti: string): Promise<boolean> {
    return (await this.records.get(this.#key('logout token', jti))) !== undefined
  }

  /** @param lifetimeSeconds for which the token could be accepted again */
  async noteToken(jti: string, lifetimeSeconds: number): Promise<void> {
    await this.records.set(this.#key('logout token', jti), 1, lifetimeSeconds)
  }

  #key(what: string, name: string): string {
    return `cis2.${hash('sha256', JSON.stringify([this.#settings.namespace, what, name]), 'base64url')}`
  }
}
