import { ConfigurationError } from '../errors.js'
import type { PublicJwks } from '../keys/key-set.js'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import { importPublicKeys, ProviderKeys } from '../provider/provider-keys.js'
import type { KeySource } from '../provider/token-signature.js'
import { openConnection, type Transport } from '../provider/transport.js'
import { checkLogoutToken } from './logout-token.js'

const requestMs = 10_000

/**
 * Verifies a logout token without Express: for Lambda functions and API gateways. Ending the sessions, and remembering
 * `jti` so that a token works once, is the caller's.
 *
 * @param input.issuer exactly as in the discovery document, `:443` included
 * @param input.jwks CIS2's public keys, or where to fetch them
 * @param input.algorithm the one that is accepted. @default 'RS256'
 * @param input.clockToleranceSeconds @default 10
 * @throws {LogoutTokenError} `ERR_CIS2_LOGOUT_TOKEN_…`, one code per check
 * @throws {ProviderError} `ERR_CIS2_KEYS_…` when the keys cannot be fetched within ten seconds
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` when `algorithm` is not a signing algorithm
 * @since 0.2.0
 */
export async function verifyLogoutToken(
  token: string,
  input: {
    issuer: string
    clientId: string
    jwks: PublicJwks | URL
    algorithm?: string
    clockToleranceSeconds?: number
  },
): Promise<{ sid?: string; sub?: string; jti: string; issuedAt: number }> {
  const { issuer, clientId, jwks, algorithm = 'RS256', clockToleranceSeconds = 10 } = input
  if (!isSigningAlgorithm(algorithm))
    throw new ConfigurationError([
      { option: 'algorithm', message: `must be one of ${signingAlgorithms.join(', ')}` },
    ])
  const connection = openConnection(undefined)
  try {
    const { transport } = connection
    const keys = jwks instanceof URL ? remoteKeys(jwks, transport, algorithm) : givenKeys(jwks, algorithm)
    const signal = AbortSignal.timeout(requestMs)
    const expected = { issuer, clientId, keys, algorithm, clockToleranceSeconds, signal }
    const { acceptableUntil: _, ...verified } = await checkLogoutToken(token, expected)
    return verified
  } finally {
    connection.close()
  }
}

function remoteKeys({ href }: URL, transport: Transport, algorithm: SigningAlgorithm): KeySource {
  return new ProviderKeys({
    transport,
    jwksUri: href,
    algorithm,
    deadlineMs: requestMs,
    // The caller gets the error itself.
    onFailure: () => undefined,
  })
}

function givenKeys({ keys }: PublicJwks, algorithm: SigningAlgorithm): KeySource {
  return {
    find: async (kid) =>
      await importPublicKeys(kid === undefined ? keys : keys.filter((key) => key.kid === kid), algorithm),
    findAfresh: () => Promise.resolve(undefined),
  }
}
