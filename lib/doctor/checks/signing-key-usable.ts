import { fail, pass, skipped, type Check } from '../check.js'
import { isMissing, rootOf } from '../parse-settings.js'
import { lacks } from '../evidence.js'

export const signingKeyUsable: Check = {
  id: 'signing-key-usable',
  title: 'The signing key can be used and is strong enough',
  meaning:
    'The private key can be read, fits its algorithm, has at least 2048 bits if it is RSA, and has made a signature. Keys often break on their way through an environment variable: line breaks, quotes, a public key or a certificate in its place.',
  remedy:
    'Give a private JWK set as `jwks`, or one key as `signingKey`: PEM (PKCS#8 or PKCS#1), a JWK or a remote signer.',
  needs: [],
  run(evidence) {
    const { settings, config, assertion, isOurs } = evidence
    const problems = settings.problems.filter(
      ({ option, message }) => ['jwks', 'signingKey'].includes(rootOf(option)) && !isMissing(message),
    )
    if (problems.length > 0)
      return fail({
        found: problems.map(({ option, message }) => `${option} ${message}`).join('; '),
        expected: 'a private RSA key of at least 2048 bits (3072 is a good choice), or an EC key',
        fix: 'Give the private key as a JWK set in `jwks` (CIS2_JWKS), or as PEM in `signingKey` (CIS2_SIGNING_KEY).',
      })
    if (lacks(evidence, 'jwks', 'signingKey')) return skipped('the settings have no key')
    if (isOurs && assertion !== undefined && 'problem' in assertion)
      return fail({
        found: assertion.problem,
        expected: 'the key signs an assertion',
        fix: 'Check the remote signer: reachable, allowed to sign, the same key, and raw r‖s for ES algorithms.',
      })
    return pass(`${config.keys.signingKey.publicJwk.kty}, ${config.keys.signingKey.algorithm}`)
  },
}
