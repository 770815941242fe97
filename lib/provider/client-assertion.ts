import type { ClientAuth } from 'openid-client'
import { epochSeconds } from '../clock.js'
import { Cis2Error, ConfigurationError, ProviderError } from '../errors.js'
import { KeyProblem } from '../keys/key-problem.js'
import { isSigningAlgorithm, signingAlgorithms } from '../keys/signing-algorithm.js'
import { parseSigningKey, type SigningKey, type SigningKeyInput } from '../keys/signing-key.js'
import { randomText } from '../random.js'

interface AssertionInput {
  clientId: string
  audience: string
  signingKey: SigningKey
  lifetimeSeconds: number
  signal: AbortSignal
}

/**
 * A client assertion (RFC 7523, section 3) as CIS2 wants it: one string as `aud`, verbatim; `iss` = `sub`; a new
 * `jti` every time; whole seconds; no `nbf`, which only adds a way to fail on a fast clock.
 */
async function signAssertion({
  clientId,
  audience,
  signingKey,
  lifetimeSeconds,
  signal,
}: AssertionInput): Promise<string> {
  const issuedAt = epochSeconds()
  const header = { alg: signingKey.algorithm, kid: signingKey.kid, typ: 'JWT' }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomText(24),
    iat: issuedAt,
    exp: issuedAt + Math.ceil(lifetimeSeconds),
  }
  const signingInput = `${encoded(header)}.${encoded(claims)}`
  const signature = await signingKey.sign(Buffer.from(signingInput), signal)
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/**
 * `private_key_jwt` for openid-client. Its own would put the issuer into `aud` and takes no remote signer.
 */
export function privateKeyJwt(
  input: Omit<AssertionInput, 'clientId' | 'audience'> & { audienceSetting: string },
): ClientAuth {
  const { audienceSetting, ...signing } = input
  // oxlint-disable-next-line typescript/no-misused-promises -- typed void, and awaited by openid-client all the same
  return async (server, client, body) => {
    const audience = assertionAudience(audienceSetting, server)
    const assertion = await signAssertion({ ...signing, clientId: client.client_id, audience }).catch(
      (cause: unknown) => {
        if (cause instanceof Cis2Error) throw cause
        throw new ProviderError('ERR_CIS2_SIGNING', 'signing the client assertion failed', { cause })
      },
    )
    body.set('client_id', client.client_id)
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', assertion)
  }
}

function assertionAudience(
  setting: string,
  metadata: { readonly issuer: string; readonly token_endpoint?: string },
): string {
  if (setting === 'token_endpoint') return metadata.token_endpoint ?? ''
  return setting === 'issuer' ? metadata.issuer : setting
}

/**
 * Makes a client assertion without Express: for Lambda functions, API gateways and scripts.
 *
 * @param input.audience the discovery document's `token_endpoint`, exactly as it stands there
 * @param input.lifetimeSeconds at most 300. @default 60
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` when the key or a value cannot be used
 * @throws {ProviderError} `ERR_CIS2_SIGNING` when a remote signer fails or takes longer than ten seconds
 */
export async function createClientAssertion(input: {
  clientId: string
  audience: string
  signingKey: SigningKeyInput
  algorithm?: string
  lifetimeSeconds?: number
}): Promise<string> {
  const { clientId, audience, algorithm = 'RS512', lifetimeSeconds = 60 } = input
  const problems: { option: string; message: string }[] = []
  if (typeof clientId !== 'string' || clientId.trim() === '')
    problems.push({ option: 'clientId', message: 'is missing' })
  if (typeof audience !== 'string' || audience.trim() === '')
    problems.push({
      option: 'audience',
      message: 'is missing: give the token endpoint of the discovery document',
    })
  if (!(lifetimeSeconds > 0 && lifetimeSeconds <= 300))
    problems.push({ option: 'lifetimeSeconds', message: 'must be above 0 and at most 300 seconds' })
  if (!isSigningAlgorithm(algorithm)) {
    throw new ConfigurationError([
      ...problems,
      { option: 'algorithm', message: `must be one of ${signingAlgorithms.join(', ')}` },
    ])
  }
  let signingKey: SigningKey | undefined
  try {
    signingKey = parseSigningKey(input.signingKey, algorithm)
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    problems.push({ option: 'signingKey', message: error.message })
  }
  if (problems.length > 0 || signingKey === undefined) throw new ConfigurationError(problems)
  return await signAssertion({
    clientId,
    audience,
    signingKey,
    lifetimeSeconds,
    signal: AbortSignal.timeout(10_000),
  })
}
