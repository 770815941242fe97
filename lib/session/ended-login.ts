type Session = object | undefined

// In the place of a login, where a program that reads it finds nobody.
const note = { ended: true }

/** Leaves word in the session that replaces one whose time was over: who it was is not in it. */
export function noteEndedLogin(session: Session): void {
  if (session !== undefined) Reflect.set(session, 'cis2', note)
}

/** Whether the time of a login was over, and nobody has been told. A script that asks first may not show it. */
export function hasEndedLogin(session: Session): boolean {
  const found: unknown = session === undefined ? undefined : Reflect.get(session, 'cis2')
  return typeof found === 'object' && found !== null && Reflect.get(found, 'ended') === true
}

export function forgetEndedLogin(session: Session): void {
  if (session !== undefined && hasEndedLogin(session)) Reflect.deleteProperty(session, 'cis2')
}
