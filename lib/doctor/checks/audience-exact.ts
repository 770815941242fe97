import { fail, pass, type Check } from '../check.js'
import { describeAddress, describeDifference } from '../describe-address.js'
import { readableAssertion } from '../evidence.js'

export const audienceExact: Check = {
  id: 'audience-exact',
  title: 'aud is the token endpoint, character by character',
  meaning:
    'The audience is one string, exactly as `token_endpoint` stands in the discovery document, `:443` included. `new URL()` and many frameworks drop the port; some libraries send the issuer.',
  remedy:
    'Copy `token_endpoint` as text and never take it apart; leave `clientAssertionAudience` at its default, `token_endpoint`.',
  needs: ['issuer-exact', 'assertion-readable', 'environment-single'],
  run(evidence) {
    const { metadata } = evidence
    const aud = readableAssertion(evidence)?.claims['aud']
    const { issuer = '', token_endpoint: expected = '' } = metadata ?? {}
    if (aud === expected) return pass()
    return fail({
      found: `aud is ${describeAddress(aud)}${explain(aud, expected, issuer)}`,
      expected: `one string, "${expected}"`,
      fix: 'Take token_endpoint from the discovery document as it stands there, and sign it as text: with this library, leave `clientAssertionAudience` out.',
    })
  },
}

function explain(aud: unknown, expected: string, issuer: string): string {
  if (Array.isArray(aud)) return ', not one string'
  if (typeof aud !== 'string') return ''
  if (aud === issuer || describeDifference(aud, issuer)?.startsWith('differs only by :') === true)
    return ': the issuer, not the token endpoint'
  return `: it ${describeDifference(aud, expected) ?? ''}`
}
