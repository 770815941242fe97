import { verify } from 'node:crypto'
import { algorithmFacts, isSigningAlgorithm } from '../../keys/signing-algorithm.js'
import { fail, pass, type Check } from '../check.js'
import { readableAssertion, type PublishedKey } from '../evidence.js'
import type { Assertion } from '../parse-assertion.js'
import { parsePublicKey } from '../parse-public-key.js'

export const signatureVerifies: Check = {
  id: 'signature-verifies',
  title: 'The assertion verifies with the published key',
  meaning:
    'The signature is checked as CIS2 checks it: with the key that is really published under this `kid`. It fails when the private key is not the pair of the published one.',
  remedy: 'Publish the public half of the key that signs; derive it, do not keep it as a setting of its own.',
  needs: ['kid-published-once', 'algorithm-as-registered'],
  run(evidence) {
    const assertion = readableAssertion(evidence)
    const key = evidence.publishedKeys.find(({ kid }) => kid === assertion?.header['kid'])
    if (assertion !== undefined && key !== undefined && isSignedBy(assertion, key)) return pass()
    return fail({
      found: 'the signature is not by the key that is published under this kid',
      expected: 'the private key that signs and the published key are a pair',
      fix: 'Publish the public half of the key that signs (cis2.router() and createJwks() derive it), or sign with its pair.',
    })
  },
}

function isSignedBy({ header, signingInput, signature }: Assertion, jwk: PublishedKey): boolean {
  const { alg } = header
  const key = parsePublicKey(jwk)
  if (!isSigningAlgorithm(alg) || key === undefined) return false
  const { hash, options } = algorithmFacts(alg)
  try {
    return verify(hash, signingInput, { key, ...options }, signature)
  } catch {
    // A key of another type than the algorithm's.
    return false
  }
}
