import type { SessionSets } from './session-sets.js'

const parts = 8

/**
 * Large sets in small parts: who adds a session rewrites an eighth of the person's, and two processes seldom overwrite
 * each other. Only the rare reader of the whole set pays for it.
 */
export class SpreadSets implements SessionSets {
  readonly #sets: SessionSets

  constructor(sets: SessionSets) {
    this.#sets = sets
  }

  async add(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    await this.#sets.add(partOf(key, member), member, lifetimeSeconds)
  }

  async remove(key: string, member: string, lifetimeSeconds: number): Promise<void> {
    await this.#sets.remove(partOf(key, member), member, lifetimeSeconds)
  }

  async members(key: string): Promise<readonly string[]> {
    const found = await Promise.all(
      Array.from({ length: parts }, (_, part) => this.#sets.members(`${key}.${part}`)),
    )
    return found.flat()
  }
}

function partOf(key: string, member: string): string {
  let sum = 0
  for (let index = 0; index < member.length; index++) sum += member.charCodeAt(index)
  return `${key}.${sum % parts}`
}
