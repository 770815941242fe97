/** What is wrong with a key, as the end of a sentence that begins with the option's name. Holds none of the key. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem'
}
