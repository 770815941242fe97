import { KeyProblem } from './key-problem.js'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from './signing-algorithm.js'

/**
 * The name that a key says it has.
 *
 * @throws {KeyProblem} for a name that CIS2 could not look up: what is published has to be text
 */
export function parseKid(kid: unknown): string | undefined {
  if (kid === undefined || (typeof kid === 'string' && kid.trim() !== '')) return kid
  throw new KeyProblem('has a "kid" that is not text')
}

/**
 * The algorithm that a key says it is for, or the usual one where it says none.
 *
 * @throws {KeyProblem} for one that cannot sign client assertions
 */
export function parseAlg(alg: unknown, usual: SigningAlgorithm): SigningAlgorithm {
  const algorithm = alg ?? usual
  if (isSigningAlgorithm(algorithm)) return algorithm
  throw new KeyProblem(
    `has an "alg" that cannot sign client assertions; one of ${signingAlgorithms.join(', ')} is expected`,
  )
}

/** @throws {KeyProblem} for a key that is not for signatures */
export function checkUse(use: unknown): void {
  if (use !== undefined && use !== 'sig')
    throw new KeyProblem('is marked for encryption ("use" is not "sig")')
}
