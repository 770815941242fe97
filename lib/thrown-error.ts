/**
 * What the application's own code threw, fit for `next`. Express takes nothing (`reject()`) for no error, and goes on to
 * what was to be guarded; the words "route" and "router" lead it past the next handler, which may be another guard.
 *
 * @returns the very object that was thrown, or an error instead of anything else
 */
export function thrownError(thrown: unknown): object {
  if (typeof thrown === 'object' && thrown !== null) return thrown
  return new Error('a function of the application failed, and threw what is no error')
}
