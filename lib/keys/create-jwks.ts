import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { parseKeySet, type PrivateJwks, type PublicJwks } from './key-set.js'
import { isSigningAlgorithm } from './signing-algorithm.js'
import type { SigningKeyInput } from './signing-key.js'

/**
 * The public key set of a private one: what to serve as the JWKS, without Express.
 *
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` naming every problem
 */
export function createJwks(
  input: { jwks: PrivateJwks } | { signingKey: SigningKeyInput; algorithm?: string },
): PublicJwks {
  const problems: ConfigurationProblem[] = []
  const algorithm = ('algorithm' in input ? input.algorithm : undefined) ?? 'RS512'
  if (!isSigningAlgorithm(algorithm))
    throw new ConfigurationError([{ option: 'algorithm', message: 'is not an asymmetric signing algorithm' }])
  const keys = parseKeySet(input, algorithm, (option, message) => problems.push({ option, message }))
  if (!keys) throw new ConfigurationError(problems)
  return keys.publicJwks
}
