import { withinSignal } from '../deadline.js'
import { randomFraction } from '../random.js'
import type { SharedRecords } from './shared-records.js'

/** Sets of session ids under keys, seen by every process. */
export interface SessionSets {
  /**
   * @param lifetimeSeconds of the whole set, from now
   * @returns whether it was not there before
   */
  add(key: string, member: string, lifetimeSeconds: number): Promise<boolean>
  remove(key: string, member: string, lifetimeSeconds: number): Promise<void>
  members(key: string): Promise<readonly string[]>
}

const mostMembers = 500
const mostTries = 5
const patienceMs = 500

/**
 * Sets for any session store, which can only read and write whole records. Changes from this process wait for each
 * other; one that another process has overwritten is seen when it is read back, and made again.
 */
export class RecordSets implements SessionSets {
  readonly #records: SharedRecords
  readonly #changing = new Map<string, Promise<unknown>>()

  constructor(records: SharedRecords) {
    this.#records = records
  }

  async members(key: string): Promise<readonly string[]> {
    const found = await this.#records.get(key)
    return Array.isArray(found) ? found.filter((member) => typeof member === 'string') : []
  }

  async add(key: string, member: string, lifetimeSeconds: number): Promise<boolean> {
    return await this.#inTurn(key, async () => {
      let tries = 0
      for (; tries < mostTries; tries++) {
        const before = await this.members(key)
        if (before.includes(member)) break
        // The oldest go first: a person with hundreds of sessions is a test or a script.
        await this.#records.set(key, [...before, member].slice(-mostMembers), lifetimeSeconds)
        if (tries > 0) await briefPause()
      }
      return tries > 0
    })
  }

  async remove(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    await this.#inTurn(key, async () => {
      const before = await this.members(key)
      if (!before.includes(member)) return
      const after = before.filter((each) => each !== member)
      if (after.length === 0) await this.#records.delete(key)
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

// A change that hangs in the store must not hold up the person's next login.
async function settled(promise: Promise<unknown>): Promise<void> {
  await withinSignal(promise, AbortSignal.timeout(patienceMs)).catch(() => undefined)
}

// Two processes that overwrite each other should not do it in step.
function briefPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5 + 20 * randomFraction()))
}
