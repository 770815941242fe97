import { fail, pass, warning, type Check } from '../check.js'
import { placeOf, type KnownPlace } from '../describe-address.js'
import { lacks, readableAssertion, type Evidence } from '../evidence.js'

export const environmentSingle: Check = {
  id: 'environment-single',
  title: 'Everything belongs to one environment',
  meaning:
    'Issuer, endpoints and the assertion’s audience belong to one of integration, deployment and production. Each environment has its own client ids and its own copy of the registration; the old development environment is withdrawn, and the API platform is another service.',
  remedy: 'Set `environment`, and use the client id and the key that are registered there.',
  needs: [],
  run(evidence) {
    const places = new Map<KnownPlace, string>()
    for (const [name, address] of addressesIn(evidence)) {
      const place = placeOf(address)
      if (place !== undefined && !places.has(place)) places.set(place, name)
    }
    const found = [...places].map(([place, name]) => `${name}: ${nameOf(place)}`).join(', ')
    const expected = 'one environment of CIS2 in all addresses'
    if (places.size > 1 || places.has('withdrawn') || places.has('api-platform'))
      return fail({
        found,
        expected,
        fix: 'Take every address from the discovery document of one environment, and the client id and key registered there.',
      })
    const [place] = places.keys()
    const hint = place === undefined ? undefined : oddName(evidence, place)
    if (hint === undefined) return pass(found === '' ? undefined : found)
    return warning({
      found: `${found}, and ${hint}`,
      expected,
      fix: 'Is it the client id, and the key, that are registered in this environment?',
    })
  },
}

function addressesIn(evidence: Evidence): [string, unknown][] {
  const { config, metadata } = evidence
  const audience = readableAssertion(evidence)?.claims['aud']
  const endpoints: [string, unknown][] =
    metadata === undefined
      ? []
      : [
          ['authorization_endpoint', metadata.authorization_endpoint],
          ['token_endpoint', metadata.token_endpoint],
          ['jwks_uri', metadata.jwks_uri],
        ]
  const values: unknown[] = Array.isArray(audience) ? audience : [audience]
  return [
    ['the issuer', lacks(evidence, 'issuer') ? undefined : config.issuer],
    ...endpoints,
    ...values.map((value): [string, unknown] => ["the assertion's aud", value]),
  ]
}

function nameOf(place: KnownPlace): string {
  if (place === 'withdrawn') return 'an environment that is withdrawn'
  return place === 'api-platform' ? 'the API platform, which is not CIS2' : place
}

const testWords = /(^|[^a-z])(int|integration|dev|dep|test|ptl|sandbox)([^a-z]|$)/i
const liveWords = /(^|[^a-z])(prod|production|live)([^a-z]|$)/i

/** Names say what they are for more often than not. */
function oddName({ config, settings }: Evidence, place: KnownPlace): string | undefined {
  const odd = place === 'production' ? testWords : liveWords
  if (!settings.unusable.has('clientId') && odd.test(config.clientId))
    return 'the client id has the name of another'
  return odd.test(config.keys.signingKey.kid) ? 'the kid of the key has the name of another' : undefined
}
