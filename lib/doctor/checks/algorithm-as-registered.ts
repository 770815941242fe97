import { isSigningAlgorithm } from '../../keys/signing-algorithm.js'
import { fail, pass, type Check } from '../check.js'
import { readableAssertion, type Evidence } from '../evidence.js'

export const algorithmAsRegistered: Check = {
  id: 'algorithm-as-registered',
  title: 'One algorithm signs, and it is the registered one',
  meaning:
    'The header of the assertion, the published key and the option `signingAlgorithm` name the same algorithm. Which one is registered (`jwks_uri_signing_algorithm`) only Connection Manager shows: compare it there.',
  remedy:
    'Register the algorithm that signs, or set `signingAlgorithm` and the key’s `alg` to the registered one.',
  needs: ['assertion-readable'],
  run(evidence) {
    const alg = readableAssertion(evidence)?.header['alg']
    const problem = isSigningAlgorithm(alg)
      ? findContradiction(alg, evidence)
      : 'the assertion is signed with none or with a shared secret'
    if (problem === undefined)
      return pass(`${String(alg)}; compare it with jwks_uri_signing_algorithm in the registration`)
    return fail({
      found: problem,
      expected: 'the registered algorithm in the assertion, the published key and the settings',
      fix: 'Look up jwks_uri_signing_algorithm in Connection Manager; set `signingAlgorithm` and the "alg" of the key to it.',
    })
  },
}

function findContradiction(
  alg: string,
  { settings, config, isOurs, publishedKeys, assertion, document }: Evidence,
) {
  const stated = settings.statedAlgorithm
  if (stated !== undefined && stated !== alg)
    return isOurs
      ? `\`signingAlgorithm\` says ${stated}, and the key's own "alg" makes it sign with ${alg}`
      : `the assertion is signed with ${alg}, and \`signingAlgorithm\` says ${stated}`
  const kid = assertion === undefined || 'problem' in assertion ? undefined : assertion.header['kid']
  const published = publishedKeys.find((key) => key['kid'] === kid)?.['alg']
  if (isSigningAlgorithm(published) && published !== alg)
    return `the assertion is signed with ${alg}, and the key is published for ${published}`
  const supported = listOf(document)
  if (supported !== undefined && !supported.includes(alg))
    return `${config.discoveryUrl} does not name ${alg} among the algorithms of client assertions`
  return undefined
}

function listOf(document: unknown): readonly unknown[] | undefined {
  const name = 'token_endpoint_auth_signing_alg_values_supported'
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, name)) return undefined
  const list: unknown = Reflect.get(document, name)
  return Array.isArray(list) ? list : undefined
}
