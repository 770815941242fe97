import { pass, skipped, type Check } from '../check.js'
import { lacks, type Evidence } from '../evidence.js'
import { explainRefusal, isAboutRedirect, type ClientFacts } from '../explain-refusal.js'
import { whatTheClientNeeds } from '../what-the-client-needs.js'

export const clientAuthenticationWorks: Check = {
  id: 'client-authentication-works',
  title: 'CIS2 accepts the client',
  meaning:
    'The live probe: a token request with a made-up code and the exact redirect URI. CIS2 authenticates the client first, so `invalid_grant` proves that it accepts the assertion, and `invalid_client` that it does not. With all other checks passed, what is left is the registration. Never sent to the live service unless `--live-probe` says so.',
  remedy:
    'Compare the registration in Connection Manager with the settings, value by value. A client that was just created or changed: wait a minute and retry.',
  needs: [],
  unless: [...whatTheClientNeeds, 'key-published-long-enough'],
  async run(evidence) {
    const { said, probe } = evidence
    if (said !== undefined)
      return isAboutRedirect(said)
        ? skipped('what CIS2 said is about the redirect URI')
        : explainRefusal(said, factsOf(evidence))
    if ('withheld' in probe) return skipped(probe.withheld)
    const answer = await probe.send()
    if (answer.outcome === 'authenticated') return pass('invalid_grant for a made-up code, as it should be')
    return answer.outcome === 'refused'
      ? explainRefusal(answer.said, factsOf(evidence))
      : skipped(answer.found)
  },
}

function factsOf(evidence: Evidence): ClientFacts {
  const { config, jwksUri } = evidence
  return {
    clientId: lacks(evidence, 'clientId') ? undefined : config.clientId,
    algorithm: lacks(evidence, 'jwks', 'signingKey') ? undefined : config.keys.signingKey.algorithm,
    jwksUri,
    redirectUri: lacks(evidence, 'baseUrl', 'redirectUri') ? undefined : config.redirectUri,
  }
}
