import type { Override, Replacement } from './fault-values.js'

/** What to say in place of `good`. Spreading, unlike assigning, keeps a member called `__proto__` a plain member. */
export function override(good: unknown, how: Override | undefined): unknown {
  if (how === undefined) return good
  const members = typeof good === 'object' ? good : {}
  return typeof how === 'function' ? how({ ...members }) : { ...members, ...how }
}

/** The bytes to send in place of `good`. */
export function replace(good: string, how: Replacement | undefined): string | Uint8Array {
  if (how === undefined) return good
  return typeof how === 'function' ? how(good) : how
}
