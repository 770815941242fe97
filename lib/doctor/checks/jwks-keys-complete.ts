import { checkKeyFits, isSigningAlgorithm } from '../../keys/signing-algorithm.js'
import { fail, pass, type Check } from '../check.js'
import type { PublishedKey } from '../evidence.js'
import { parsePublicKey } from '../parse-public-key.js'

export const jwksKeysComplete: Check = {
  id: 'jwks-keys-complete',
  title: 'Each published key is complete',
  meaning:
    'Each key has `kty`, `n` and `e` (or `crv`, `x`, `y`), `kid`, `use: "sig"` and `alg`, can be read, and has at least 2048 bits if it is RSA. Sets put together by hand with shell tools often have a zero byte or line breaks in `n`.',
  remedy: 'Let `createJwks` or this library’s route make the set from the private key.',
  needs: ['jwks-public-only'],
  run({ publishedKeys }) {
    const found = publishedKeys.flatMap((key, index) => {
      const problem = findProblem(key)
      return problem === undefined ? [] : [`key ${index + 1} ${problem}`]
    })
    if (found.length === 0) return pass()
    return fail({
      found: found.join('; '),
      expected: 'kty, n, e (or crv, x, y), kid, use "sig", alg, and no key_ops but "verify"',
      fix: 'Publish what cis2.router() or createJwks() makes of the private key.',
    })
  },
}

function findProblem(key: PublishedKey): string | undefined {
  const { kty, kid, use, alg, key_ops: operations } = key
  const parts = kty === 'RSA' ? ['n', 'e'] : kty === 'EC' ? ['crv', 'x', 'y'] : undefined
  if (parts === undefined) return 'has another kty than RSA or EC'
  const missing = parts.filter((name) => typeof key[name] !== 'string' || key[name] === '')
  if (missing.length > 0) return `has no ${missing.join(' and no ')}`
  if (typeof kid !== 'string' || kid === '') return 'has no kid'
  if (use !== 'sig') return use === undefined ? 'has no use' : 'is for another use than "sig"'
  if (!isSigningAlgorithm(alg))
    return alg === undefined ? 'has no alg' : 'has an alg that signs no assertions'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'has key_ops without "verify"'
  if (!parts.every((name) => /^[\w-]+$/.test(String(key[name])))) return 'is not base64url throughout'
  if (kty === 'RSA' && Buffer.from(String(key['n']), 'base64url')[0] === 0)
    return 'has a zero byte in front of n, which gives it another thumbprint'
  const publicKey = parsePublicKey(key)
  return publicKey ? checkKeyFits(publicKey, alg) : 'cannot be read as a public key'
}
