import { oddPeople } from './odd-people.js'
import type { Person } from './person.js'
import { usualPeople } from './usual-people.js'

/** The simulator's people with some more; one with the key of another takes that one's place. */
export function buildPeople(more: readonly Person[] = []): readonly Person[] {
  const byKey = new Map([...usualPeople, ...oddPeople, ...more].map((person) => [person.key, person]))
  return [...byKey.values()]
}
