import type { Store } from 'express-session'
import { KeptRecords } from './kept-records.js'
import { recordKey } from './record-key.js'
import type { Cis2SessionRecord } from './session-data.js'
import {
  SessionIndex,
  setsBeside,
  type LoginIdentity,
  type LogoutTarget,
  type RegistrySettings,
} from './session-index.js'
import type { SessionSets } from './session-sets.js'
import { SharedRecords } from './shared-records.js'

/**
 * Whether a login had begun when a logout token was issued, both by CIS2's clock: this machine's may differ from it.
 * Logins of the same second count as begun: ending one too many is the safe mistake, and the next login is later.
 */
export function hadBegunBy({ issuedAt }: Pick<LoginIdentity, 'issuedAt'>, endedAt: number): boolean {
  return Math.floor(issuedAt) <= endedAt
}

/**
 * What every process has to know about logouts: which sessions belong to CIS2's `sid` and `sub`, and what has ended.
 *
 * express-session lets a request in flight write a destroyed session back, on any process. So the end of a session is
 * put on record before the session is destroyed, and no session on record is written again (see `guardStore`).
 */
export class LogoutRegistry {
  readonly records: SharedRecords
  readonly index: SessionIndex
  readonly kept: KeptRecords
  readonly #leavings: SessionSets
  readonly #settings: RegistrySettings

  constructor(store: Store, settings: RegistrySettings) {
    this.records = new SharedRecords(store, settings.patienceMs)
    this.#leavings = setsBeside(store, this.records, settings.patienceMs)
    this.index = new SessionIndex(store, this.records, settings)
    this.kept = new KeptRecords(this.records, settings)
    this.#settings = settings
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

  /**
   * Puts on record that the application has left a session for a new one of its own. Its login is over, unless everybody
   * who leaves it takes it along (`noteTakenAlong`).
   *
   * @param leaving tells this leaving from another request's
   * @returns the id under which the login goes on nevertheless, and has to be ended too
   */
  async leaveSession(sessionId: string, leaving: string): Promise<string | undefined> {
    const { lifetimeSeconds } = this.#settings
    await Promise.all([
      this.#leavings.add(this.#key('left session', sessionId), leaving, lifetimeSeconds),
      this.retireId(sessionId),
    ])
    return await this.#renewedAs(sessionId)
  }

  /**
   * Puts on record that a login goes on under another id, for whoever ends it under an old one. Whoever takes it along
   * looks afterwards whether it is over (`isLoginOver`): of the two, at least one sees the other.
   */
  async noteTakenAlong(
    formerIds: readonly string[],
    leaving: string | undefined,
    sessionId: string,
  ): Promise<void> {
    await Promise.all([
      leaving === undefined ? undefined : this.#note('login taken along', leaving, 1),
      ...formerIds.map((formerId) => this.#note('renewed session', formerId, sessionId)),
    ])
  }

  /** The ids under which a login has gone on until now, other than this one. */
  async successorsOf(formerIds: readonly string[], sessionId: string): Promise<readonly string[]> {
    const ids = new Set(formerIds)
    // A set hands out what is added to it on the way.
    for (const id of ids) {
      const renewedAs = await this.#renewedAs(id)
      if (renewedAs !== undefined && renewedAs !== sessionId) ids.add(renewedAs)
    }
    return [...ids].slice(formerIds.length)
  }

  /** Puts on record that a session is never written under this id again. Its login may go on under another. */
  async retireId(sessionId: string): Promise<void> {
    await this.#note('ended session', sessionId, 1)
  }

  /** Whether a session of this id is never written again: it has ended, or its login has gone on under another id. */
  async isRetired(sessionId: string): Promise<boolean> {
    return (await this.records.get(this.#key('ended session', sessionId))) !== undefined
  }

  async #renewedAs(sessionId: string): Promise<string | undefined> {
    const found = await this.records.get(this.#key('renewed session', sessionId))
    // A `genid` of the application's own that gives the same id again must not lead round in a circle.
    return typeof found === 'string' && found !== sessionId ? found : undefined
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
    const known = await this.records.get(this.#key(what, name))
    // Logout tokens may come late: an older one takes nothing back.
    await this.#note(what, name, typeof known === 'number' ? Math.max(known, endedAt) : endedAt)
  }

  /**
   * Puts on record that this is the only login of its person: one that is just getting another id can be found under
   * none.
   */
  async noteNewest({ sub, loggedInAt }: Pick<Cis2SessionRecord, 'sub' | 'loggedInAt'>): Promise<void> {
    await this.#note('newest login', sub, loggedInAt)
  }

  /** Whether a later login of the same person is on record as the only one. */
  async isOvertaken({ sub, loggedInAt }: Pick<Cis2SessionRecord, 'sub' | 'loggedInAt'>): Promise<boolean> {
    const newest = await this.records.get(this.#key('newest login', sub))
    return typeof newest === 'number' && loggedInAt < newest
  }

  /** Whether the session, or its login, is on record as over: a session of this id may not be written. */
  async isEnded(sessionId: string, login: LoginIdentity): Promise<boolean> {
    const [isRetired, isOver] = await Promise.all([this.isRetired(sessionId), this.#hasCis2Ended(login)])
    return isRetired || isOver
  }

  /** Whether the login is on record as over, under whatever id it has gone on. */
  async isLoginOver(sessionId: string, login: LoginIdentity): Promise<boolean> {
    const [ended, left, isOver, renewedAs] = await Promise.all([
      this.records.get(this.#key('ended login', sessionId)),
      this.#leavings.members(this.#key('left session', sessionId)),
      this.#hasCis2Ended(login),
      this.#renewedAs(sessionId),
    ])
    if (ended !== undefined || isOver) return true
    const wereTakenAlong = await Promise.all(left.map((leaving) => this.#wasTakenAlong(leaving)))
    if (wereTakenAlong.includes(false)) return true
    return renewedAs !== undefined && (await this.isLoginOver(renewedAs, login))
  }

  async #wasTakenAlong(leaving: string): Promise<boolean> {
    return (await this.records.get(this.#key('login taken along', leaving))) !== undefined
  }

  async #hasCis2Ended({ sid, sub, issuedAt }: LoginIdentity): Promise<boolean> {
    const logins = await Promise.all([
      this.records.get(this.#key('ended sub', sub)),
      sid === undefined ? undefined : this.records.get(this.#key('ended sid', sid)),
    ])
    return logins.some((endedAt) => typeof endedAt === 'number' && hadBegunBy({ issuedAt }, endedAt))
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
    return recordKey(this.#settings.namespace, what, name)
  }
}
