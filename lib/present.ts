/**
 * The members that have a value. `exactOptionalPropertyTypes` tells a member that is absent from one that is undefined,
 * and so do those who look at our objects.
 */
export function present<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined)
  // The same names and values, without those that are undefined.
  return Object.fromEntries(given) as { [Name in keyof Members]?: Exclude<Members[Name], undefined> }
}
