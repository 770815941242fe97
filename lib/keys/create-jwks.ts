import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { parseKeySet, type PublicJwks } from './key-set.js'
import type { PrivateJwks } from './private-jwk.js'
import { isSigningAlgorithm, signingAlgorithms } from './signing-algorithm.js'
import type { SigningKeyInput } from './signing-key.js'

/**
 * The public key set (RFC 7517, section 5) of a private one: what to serve as the JWKS, without Express.
 *
 * @param input.jwks every key of the set is published, without its private members
 * @param input.algorithm that of a `signingKey` that says none itself. @default 'RS512'
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` naming every problem
 * @since 0.1.0
 */
export function createJwks(
  input: { jwks: PrivateJwks } | { signingKey: SigningKeyInput; algorithm?: string },
): PublicJwks {
  if (!isGiven(input)) {
    const message = 'is missing: write createJwks({ jwks }), or createJwks({ signingKey }) for one key'
    throw new ConfigurationError([{ option: 'jwks', message }])
  }
  const problems: ConfigurationProblem[] = []
  const algorithm = ('algorithm' in input ? input.algorithm : undefined) ?? 'RS512'
  if (!isSigningAlgorithm(algorithm))
    throw new ConfigurationError([
      { option: 'algorithm', message: `must be one of ${signingAlgorithms.join(', ')}` },
    ])
  const keys = parseKeySet(input, algorithm, (option, message) => problems.push({ option, message }))
  if (!keys) throw new ConfigurationError(problems)
  return keys.publicJwks
}

/** Whether there is anything to read a key from: a key set itself, given in place of `{ jwks }`, is not. */
function isGiven(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false
  return ['jwks', 'signingKey'].some((name) => Reflect.get(input, name) !== undefined)
}
