import { isJson } from '../../provider/limited-fetch.js'
import { fail, pass, warning, type Check } from '../check.js'

export const jwksReadable: Check = {
  id: 'jwks-readable',
  title: 'The key set is a JSON object with an array "keys"',
  meaning:
    'A JWK set is `{ "keys": [ … ] }` (RFC 7517, section 5), with a JSON content type. A bare array, or a single key, is not one.',
  remedy: 'Publish `{ "keys": [ … ] }` as `application/json`; `createJwks` makes it.',
  needs: ['jwks-reachable'],
  run({ keySet, publishedSet }) {
    const trouble = {
      expected: '{ "keys": [ … ] } as application/json',
      fix: 'Publish what cis2.router() or createJwks() makes.',
    }
    if (publishedSet === undefined) return fail({ found: 'the answer is not JSON', ...trouble })
    if (Array.isArray(publishedSet))
      return fail({ found: 'a bare array, without "keys" around it', ...trouble })
    if (typeof publishedSet !== 'object' || publishedSet === null || !('keys' in publishedSet))
      return fail({ found: 'JSON without a member "keys"', ...trouble })
    if (!Array.isArray(publishedSet.keys)) return fail({ found: '"keys" is not an array', ...trouble })
    if (keySet?.reached === true && !isJson(keySet.headers))
      return warning({ found: 'JSON with another content type than application/json', ...trouble })
    return pass()
  },
}
