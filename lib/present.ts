/**
 * The members that have a value. `exactOptionalPropertyTypes` tells a member that is absent from one that is undefined,
 * and so do those who look at our objects.
 */
export function present<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const given: { [Name in keyof Members]?: Members[Name] } = {}
  // A loop, and no lists of pairs: this is in the way of every login, dozens of times.
  for (const name in members)
    if (Object.hasOwn(members, name) && members[name] !== undefined) given[name] = members[name]
  return given as { [Name in keyof Members]?: Exclude<Members[Name], undefined> }
}
