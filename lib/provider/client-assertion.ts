import type { ClientAuth } from 'openid-client'
import { epochSeconds } from '../clock.js'
import { OptionReader } from '../config/option-reader.js'
import { Cis2Error, ConfigurationError, ProviderError } from '../errors.js'
import { toKeyProblem } from '../keys/key-problem.js'
import { isSigningAlgorithm, signingAlgorithms } from '../keys/signing-algorithm.js'
import { parseSigningKey, type SigningKey, type SigningKeyInput } from '../keys/signing-key.js'
import { randomText } from '../random.js'

const inputNames = ['clientId', 'audience', 'signingKey', 'algorithm', 'lifetimeSeconds']

interface AssertionInput {
  clientId: string
  audience: string
  signingKey: Pick<SigningKey, 'kid' | 'algorithm' | 'sign'>
  lifetimeSeconds: number
  signal: AbortSignal
}

/**
 * A client assertion (RFC 7523, section 3) as CIS2 wants it: one string as `aud`, verbatim; `iss` = `sub`; a new
 * `jti` every time; whole seconds; no `nbf`, which only adds a way to fail on a fast clock.
 *
 * @throws {ProviderError} `ERR_CIS2_SIGNING`
 */
export async function signAssertion({
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
  const signature = await signed(signingKey, Buffer.from(signingInput), signal)
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
}

async function signed(
  key: AssertionInput['signingKey'],
  data: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await key.sign(data, signal)
  } catch (cause) {
    if (cause instanceof Cis2Error) throw cause
    throw new ProviderError('ERR_CIS2_SIGNING', 'signing the client assertion failed', { cause })
  }
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
    const assertion = await signAssertion({ ...signing, clientId: client.client_id, audience })
    body.set('client_id', client.client_id)
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', assertion)
  }
}

/** What the option `clientAssertionAudience` means at this provider. */
export function assertionAudience(
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
 * @throws {ConfigurationError} `ERR_CIS2_CONFIGURATION` naming every value of `input` that is missing or cannot be used
 * @throws {ProviderError} `ERR_CIS2_SIGNING` when a remote signer fails or takes longer than ten seconds
 * @since 0.1.0
 */
export async function createClientAssertion(input: {
  clientId: string
  audience: string
  signingKey: SigningKeyInput
  algorithm?: string
  lifetimeSeconds?: number
}): Promise<string> {
  return await signAssertion({ ...parseInput(input), signal: AbortSignal.timeout(10_000) })
}

function parseInput(input: unknown): Omit<AssertionInput, 'signal'> {
  const reader = new OptionReader(input, inputNames)
  const clientId = reader.requiredText('clientId')
  const audience = reader.requiredText('audience', 'give the token endpoint of the discovery document')
  const lifetimeSeconds = reader.number('lifetimeSeconds', 60, { above: 0, atMost: 300, unit: 'seconds' })
  const signingKey = parseKey(reader)
  if (
    clientId === undefined ||
    audience === undefined ||
    signingKey === undefined ||
    reader.problems.length > 0
  )
    throw new ConfigurationError(reader.problems)
  return { clientId, audience, signingKey, lifetimeSeconds }
}

function parseKey(reader: OptionReader): SigningKey | undefined {
  const algorithm = reader.text('algorithm') ?? 'RS512'
  if (!isSigningAlgorithm(algorithm)) {
    reader.report('algorithm', `must be one of ${signingAlgorithms.join(', ')}`)
    return undefined
  }
  try {
    // Every form of a key is checked there, and named by what was found.
    return parseSigningKey(reader.raw('signingKey') as SigningKeyInput, algorithm)
  } catch (error) {
    reader.report('signingKey', toKeyProblem(error).message)
    return undefined
  }
}
