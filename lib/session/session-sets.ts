import { pause, withinSignal } from '../deadline.js'
import { randomFraction } from '../random.js'
import type { SharedRecords } from './shared-records.js'

/** Sets of session ids under keys, seen by every process. */
export interface SessionSets {
  /** @param lifetimeSeconds of the whole set, from now */
  add(key: string, member: string, lifetimeSeconds: number): Promise<void>
  remove(key: string, member: string, lifetimeSeconds: number): Promise<void>
  members(key: string): Promise<readonly string[]>
}

// About 480 sessions, in each of the parts that a person's are spread over: more are a test or a script. The oldest are
// then no longer found.
const mostCharacters = 16_000
const mostTries = 5
const patienceMs = 500
const confirmMs = 200
const confirmations = 2

/**
 * Sets for any session store, which can only read and write whole records. Changes from this process wait for each
 * other; one that another process has overwritten is seen when it is read back, then and a little later, and made again.
 *
 * A set is one text, its members with a space between them: stores write and parse that in a fraction of the time that
 * a list takes.
 */
export class RecordSets implements SessionSets {
  readonly #records: SharedRecords
  readonly #isShared: boolean
  readonly #changing: Map<string, Promise<unknown>>
  readonly #unconfirmed = new Map<string, NodeJS.Timeout>()

  /** @param isShared whether other processes change the same records */
  constructor(records: SharedRecords, isShared = true) {
    this.#records = records
    this.#isShared = isShared
    this.#changing = changesOf(records.store)
  }

  async members(key: string): Promise<readonly string[]> {
    const text = await this.#text(key)
    return text === '' ? [] : text.split(' ').map(decodeURIComponent)
  }

  async #text(key: string): Promise<string> {
    const found = await this.#records.get(key)
    return typeof found === 'string' ? found : ''
  }

  async add(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    const isNew = await this.#add(key, member, lifetimeSeconds)
    if (isNew && this.#isShared) this.#confirmLater(confirmations, key, member, lifetimeSeconds)
  }

  /** @returns whether it was not there before */
  async #add(key: string, member: string, lifetimeSeconds: number): Promise<boolean> {
    return await this.#inTurn(key, async () => {
      const added = encodeURIComponent(member)
      let tries = 0
      for (; tries < (this.#isShared ? mostTries : 1); tries++) {
        const before = await this.#text(key)
        if (isIn(before, added)) return tries > 0
        await this.#records.set(key, newest(before === '' ? added : `${before} ${added}`), lifetimeSeconds)
        if (tries > 0) await briefPause()
      }
      return true
    })
  }

  /** Another process may have read the set before this one wrote it, and write it after it was read back. */
  #confirmLater(times: number, key: string, member: string, lifetimeSeconds: number): void {
    const name = `${key} ${member}`
    const confirm = (): void => {
      this.#unconfirmed.delete(name)
      this.#add(key, member, lifetimeSeconds).then(
        () => times > 1 && this.#confirmLater(times - 1, key, member, lifetimeSeconds),
        // The store is down: the session's next write adds it again.
        () => undefined,
      )
    }
    this.#unconfirmed.set(name, setTimeout(confirm, confirmMs * (1 + randomFraction())).unref())
  }

  async remove(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    const name = `${key} ${member}`
    clearTimeout(this.#unconfirmed.get(name))
    this.#unconfirmed.delete(name)
    await this.#inTurn(key, async () => {
      const removed = encodeURIComponent(member)
      const before = await this.#text(key)
      if (!isIn(before, removed)) return
      const after = ` ${before} `.replace(` ${removed} `, ' ').trim()
      if (after === '') await this.#records.delete(key)
      else await this.#records.set(key, after, lifetimeSeconds)
    })
  }

  async #inTurn<T>(key: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changing.get(key)
    const mine = before === undefined ? change() : settled(before).then(change)
    this.#changing.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#changing.get(key) === mine) this.#changing.delete(key)
    }
  }
}

// Two instances in one application may use one store.
const changing = new WeakMap<object, Map<string, Promise<unknown>>>()

function changesOf(store: object): Map<string, Promise<unknown>> {
  const known = changing.get(store) ?? new Map<string, Promise<unknown>>()
  changing.set(store, known)
  return known
}

function isIn(text: string, member: string): boolean {
  return ` ${text} `.includes(` ${member} `)
}

function newest(text: string): string {
  return text.length <= mostCharacters
    ? text
    : text.slice(text.indexOf(' ', text.length - mostCharacters) + 1)
}

// A change that hangs in the store must not hold up the person's next login.
async function settled(promise: Promise<unknown>): Promise<void> {
  await withinSignal(promise, AbortSignal.timeout(patienceMs)).catch(() => undefined)
}

// Two processes that overwrite each other should not do it in step.
function briefPause(): Promise<void> {
  return pause(5 + 20 * randomFraction())
}
