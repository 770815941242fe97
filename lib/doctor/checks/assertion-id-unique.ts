import { fail, pass, warning, type Check } from '../check.js'
import { readableAssertion } from '../evidence.js'

const shortest = 16

export const assertionIdUnique: Check = {
  id: 'assertion-id-unique',
  title: 'jti is there and is new each time',
  meaning:
    '`jti` is an unpredictable text, another one for every request, retries included. Client id and time make the same one twice in a second; an assertion that is kept and sent again has been used.',
  remedy: 'Set `jti` to a new UUID for every assertion, and sign a new assertion for every request.',
  needs: ['assertion-readable'],
  run(evidence) {
    const { jti, iss, iat, exp } = readableAssertion(evidence)?.claims ?? {}
    const trouble = {
      expected: 'a new, random text in every assertion, such as a UUID',
      fix: 'Set jti to crypto.randomUUID() for each assertion, and never send one twice.',
    }
    if (jti === undefined) return fail({ found: 'jti is missing', ...trouble })
    if (typeof jti !== 'string' || jti === '') return fail({ found: 'jti is not text', ...trouble })
    const isMadeOf = (part: unknown): boolean =>
      (typeof part === 'string' && part !== '' && jti.includes(part)) ||
      (typeof part === 'number' && jti.includes(String(part)))
    if ([iss, iat, exp].some(isMadeOf) || /^\d+$/.test(jti))
      return fail({ found: 'jti is made of the client id or the time, so that two can be alike', ...trouble })
    return jti.length < shortest
      ? warning({ found: `jti has only ${jti.length} characters`, ...trouble })
      : pass()
  },
}
