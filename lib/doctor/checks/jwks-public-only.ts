import { fail, pass, type Check } from '../check.js'

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export const jwksPublicOnly: Check = {
  id: 'jwks-public-only',
  title: 'No private key is published',
  meaning:
    'Whoever has the private members of a key can be this client. None of them belongs in the published set.',
  remedy:
    'Take the key out of use: make a new one, publish its public half only, and tell your security team.',
  needs: ['jwks-not-empty'],
  run({ publishedKeys }) {
    const found = publishedKeys.flatMap((key, index) => {
      const members = privateMembers.filter((name) => Object.hasOwn(key, name))
      return members.length > 0 ? [`key ${index + 1} has ${members.join(', ')}`] : []
    })
    if (found.length === 0) return pass()
    return fail({
      found: found.join('; '),
      expected: 'public members only: kty, n, e (or crv, x, y), kid, use, alg',
      fix: 'This key is no secret any more: make a new one, publish its public half only, and tell your security team.',
    })
  },
}
