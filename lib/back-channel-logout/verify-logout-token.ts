import { OptionReader } from '../config/option-reader.js'
import { isLoopbackHost } from '../config/urls.js'
import { ConfigurationError, LogoutTokenError } from '../errors.js'
import type { PublicJwks } from '../keys/key-set.js'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '../keys/signing-algorithm.js'
import { importPublicKeys, ProviderKeys } from '../provider/provider-keys.js'
import type { KeySource } from '../provider/token-signature.js'
import { openConnection, type Transport } from '../provider/transport.js'
import { checkLogoutToken } from './logout-token.js'

const requestMs = 10_000
const names = ['issuer', 'clientId', 'jwks', 'algorithm', 'clockToleranceSeconds']

interface VerifyInput {
  issuer: string
  clientId: string
  jwks: PublicJwks | URL
  algorithm?: string
  clockToleranceSeconds?: number
}

/**
 * Verifies a logout token without Express: for Lambda functions and API gateways. Ending the sessions, and remembering
 * `jti` so that a token works once, is the caller's.
 *
 * @param input.issuer exactly as in the discovery document, `:443` included
 * @param input.jwks CIS2's public keys, or where to fetch them: `http:` only on loopback
 * @param input.algorithm the one that is accepted. @default 'RS256'
 * @param input.clockToleranceSeconds at most 300. @default 10
 * @throws {LogoutTokenError} `ERR_CIS2_LOGOUT_TOKEN_…`, one code per check
 * @throws {ProviderError} `ERR_CIS2_KEYS_…` when the keys cannot be fetched within ten seconds
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` naming every value of `input` that is missing or cannot be used
 * @since 0.1.0
 */
export async function verifyLogoutToken(
  token: string,
  input: VerifyInput,
): Promise<{ sid?: string; sub?: string; jti: string; issuedAt: number }> {
  const { jwks, ...expected } = parseInput(input)
  if (typeof token !== 'string')
    throw new LogoutTokenError('ERR_CIS2_LOGOUT_TOKEN_MISSING', 'the token is not text')
  const connection = openConnection(undefined)
  try {
    const { transport } = connection
    const { algorithm } = expected
    const keys = jwks instanceof URL ? remoteKeys(jwks, transport, algorithm) : givenKeys(jwks, algorithm)
    const signal = AbortSignal.timeout(requestMs)
    const { acceptableUntil: _, ...verified } = await checkLogoutToken(token, { ...expected, keys, signal })
    return verified
  } finally {
    connection.close()
  }
}

// A value that is missing would be equal to a claim that is missing, and a tolerance that is no number would let
// everything pass.
function parseInput(input: VerifyInput): Required<VerifyInput> & { algorithm: SigningAlgorithm } {
  const reader = new OptionReader(input, names)
  const issuer = reader.requiredText('issuer')
  const clientId = reader.requiredText('clientId')
  const algorithm = reader.text('algorithm') ?? 'RS256'
  const jwks = parseKeys(reader)
  const clockToleranceSeconds = reader.number('clockToleranceSeconds', 10, {
    atLeast: 0,
    atMost: 300,
    unit: 'seconds',
  })
  const isAlgorithm = isSigningAlgorithm(algorithm)
  if (!isAlgorithm) reader.report('algorithm', `must be one of ${signingAlgorithms.join(', ')}`)
  if (
    issuer === undefined ||
    clientId === undefined ||
    jwks === undefined ||
    !isAlgorithm ||
    reader.problems.length > 0
  )
    throw new ConfigurationError(reader.problems)
  return { issuer, clientId, jwks, algorithm, clockToleranceSeconds }
}

function parseKeys(reader: OptionReader): PublicJwks | URL | undefined {
  const jwks = reader.raw('jwks')
  if (jwks instanceof URL) {
    const { protocol, hostname } = jwks
    if (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) return jwks
    reader.report('jwks', 'must be an https address (http only on localhost, 127.0.0.1 and [::1])')
    return undefined
  }
  const keys: unknown = typeof jwks === 'object' && jwks !== null ? Reflect.get(jwks, 'keys') : undefined
  // Each key is looked at when it is imported.
  if (Array.isArray(keys)) return { keys: keys as PublicJwks['keys'] }
  reader.report('jwks', "must be CIS2's public JWK set, or a URL object with its address")
  return undefined
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
    async find(kid) {
      const found = await importPublicKeys(keys, algorithm)
      return kid === undefined ? found : found.filter((key) => key.kid === kid)
    },
    findAfresh: () => Promise.resolve(undefined),
  }
}
