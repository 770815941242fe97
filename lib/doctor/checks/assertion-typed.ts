import { fail, pass, type Check } from '../check.js'
import { readableAssertion } from '../evidence.js'

export const assertionTyped: Check = {
  id: 'assertion-typed',
  title: 'The header says typ: JWT',
  meaning:
    'The API platform demands `typ: "JWT"`; whether CIS2 does is not known, and every working client sends it.',
  remedy: 'Set `typ` to `JWT` in the header of the assertion.',
  needs: ['assertion-readable'],
  run(evidence) {
    const typ = readableAssertion(evidence)?.header['typ']
    if (typeof typ === 'string' && typ.toUpperCase() === 'JWT') return pass()
    return fail({
      found: typ === undefined ? 'the header has no typ' : 'typ is something else than JWT',
      expected: '"typ": "JWT" in the header',
      fix: 'Set typ in the header before signing.',
    })
  },
}
