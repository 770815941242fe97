/** What is said of a member, or of an object, that threw when it was read. */
export const unreadableProblem = 'cannot be read: reading it threw an error'

/** What an object holds itself, as it was when it was read. */
export interface OwnMembers {
  readonly members: Readonly<Record<string, unknown>>
  /** The names that a loop over the object shows. */
  readonly names: readonly string[]
  /** Members whose getter threw; an empty name stands for the object as a whole. */
  readonly unreadable: readonly string[]
}

/**
 * Reads each own member once: a getter, or a proxy, may answer otherwise the next time, and may throw. What it throws is
 * not kept, because its words may hold what it guards.
 */
export function readOwnMembers(source: object): OwnMembers {
  const members: [string, unknown][] = []
  const unreadable: string[] = []
  try {
    const names = Object.keys(source)
    for (const name of Object.getOwnPropertyNames(source)) {
      try {
        members.push([name, Reflect.get(source, name)])
      } catch {
        unreadable.push(name)
      }
    }
    return { members: Object.fromEntries(members), names, unreadable }
  } catch {
    return { members: {}, names: [], unreadable: [''] }
  }
}

/** Whether a value is an object with members, and not one that keeps its content elsewhere (`Map`, a promise). */
export function hasMembers(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !(value instanceof Promise)
  )
}
