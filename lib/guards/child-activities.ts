// NRBAC activities that include another: who has a child may do what its parent allows. docs/roles.md shows the table.
const children: Readonly<Record<string, readonly string[]>> = {
  B0278: ['B0058', 'B0420', 'B0440'],
  B0570: ['B0571', 'B0572'],
}

/** The activities that include this one, as far as they are known. */
export function childActivities(code: string): readonly string[] {
  const parent = code.trim().toUpperCase()
  return Object.hasOwn(children, parent) ? (children[parent] ?? []) : []
}
