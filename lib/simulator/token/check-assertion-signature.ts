import { compactVerify, importJWK, type JWK } from 'jose'
import type { RegisteredClient } from '../simulator-client.js'
import type { SimulatorState } from '../simulator-state.js'
import type { ClientAssertion } from './client-assertion.js'
import { notValid } from './token-refusal.js'

/** Checks that the client signed the assertion, with the algorithm it registered and a key it publishes. */
export async function checkAssertionSignature(
  { text, header }: ClientAssertion,
  client: RegisteredClient,
  redirectUri: string,
  { clientKeys, faults }: SimulatorState,
): Promise<void> {
  const { alg, kid } = header
  if (alg !== client.signingAlgorithm)
    throw notValid(`alg is '${String(alg)}', registered is '${client.signingAlgorithm}'`)
  if (typeof kid !== 'string' || kid === '') throw notValid('kid is missing from the header')
  const set = await clientKeys.find(client, redirectUri, kid, faults.peek('clientKeysCache'))
  const [jwk, second] = set.keys.filter((key) => key.kid === kid)
  if (!jwk) throw notValid(`no key has the kid '${kid}' (${set.origin})`)
  if (second) throw notValid(`two keys have the kid '${kid}' (${set.origin})`)
  const problem = findKeyProblem(jwk, alg)
  if (problem !== undefined) throw notValid(`${problem} (${set.origin})`)
  try {
    await compactVerify(text, await importJWK(jwk, alg), { algorithms: [alg] })
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'unknown'
    throw notValid(`the signature does not fit the key '${kid}' (${set.origin}): ${cause}`)
  }
}

function findKeyProblem(jwk: JWK, alg: string): string | undefined {
  const wantedType = alg.startsWith('ES') ? 'EC' : 'RSA'
  if (jwk.kty !== wantedType) return `the key is of type ${String(jwk.kty)}, but ${alg} needs ${wantedType}`
  if (jwk.alg !== undefined && jwk.alg !== alg) return `the key is published for ${jwk.alg}, not ${alg}`
  if (jwk.use !== undefined && jwk.use !== 'sig')
    return `the key is published for use '${jwk.use}', not 'sig'`
  return jwk.d === undefined ? undefined : 'the key set publishes the private key'
}
