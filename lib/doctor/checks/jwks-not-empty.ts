import { fail, pass, type Check } from '../check.js'

export const jwksNotEmpty: Check = {
  id: 'jwks-not-empty',
  title: 'The key set has keys in it',
  meaning:
    'CIS2 keeps what it fetched for an hour: a set that was empty for one moment, at a deployment, makes logins fail for the whole hour.',
  remedy:
    'Answer with an error rather than with an empty set; then wait an hour, or have the registration saved again.',
  needs: ['jwks-readable'],
  run({ publishedKeys }) {
    if (publishedKeys.length > 0)
      return pass(publishedKeys.length === 1 ? '1 key' : `${publishedKeys.length} keys`)
    return fail({
      found: 'the set is empty',
      expected: 'at least the key that signs',
      fix: 'Publish the key. CIS2 may keep the empty set for up to an hour; never answer 200 while there are no keys.',
    })
  },
}
