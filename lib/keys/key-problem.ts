/** What is wrong with a key, as the end of a sentence that begins with the option's name. Holds none of the key. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem'
}

/** What was thrown while a key was read, as a problem: a getter of the application's may throw, and say the key. */
export function toKeyProblem(thrown: unknown): KeyProblem {
  return thrown instanceof KeyProblem ? thrown : new KeyProblem('cannot be read: reading it threw an error')
}
