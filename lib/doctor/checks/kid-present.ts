import { fail, pass, type Check } from '../check.js'
import { readableAssertion } from '../evidence.js'

export const kidPresent: Check = {
  id: 'kid-present',
  title: 'The header names the key (kid)',
  meaning:
    'CIS2 finds the public key by the `kid` in the header of the assertion. Some JWT libraries set none.',
  remedy: 'Set `kid` in the header to the `kid` of the key in the published set.',
  needs: ['assertion-readable'],
  run(evidence) {
    const kid = readableAssertion(evidence)?.header['kid']
    if (typeof kid === 'string' && kid.trim() !== '') return pass()
    return fail({
      found: kid === undefined ? 'the header has no kid' : 'kid is not text, or is empty',
      expected: 'the kid of a key in the published key set',
      fix: 'Set kid in the header before signing, the same as in the key set.',
    })
  },
}
