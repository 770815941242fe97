/** What was posted to choose a role, each member one text or nothing; untrusted. */
export interface RoleChoice {
  readonly roleId: string | undefined
  readonly returnTo: string | undefined
}

/** A posted body, as whichever parser left it → the choice. */
export function parseRoleChoice(body: unknown): RoleChoice {
  return { roleId: textOf(body, 'roleId'), returnTo: textOf(body, 'returnTo') }
}

function textOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}
