import { fail, pass, type Check } from '../check.js'
import { readableAssertion, type Evidence } from '../evidence.js'

export const kidPublishedOnce: Check = {
  id: 'kid-published-once',
  title: 'The key that signs is in the published set, once',
  meaning:
    'The `kid` in the header of the assertion is in the published set exactly once. Two settings that drift apart, a deployment that has not reached every instance, or a key set kept elsewhere make it go missing.',
  remedy: 'Derive both from the private key: the `kid` is its thumbprint, unless the key says another.',
  needs: ['kid-present', 'jwks-keys-complete'],
  run(evidence) {
    const kid = readableAssertion(evidence)?.header['kid']
    const kids = evidence.publishedKeys.map((key) => key['kid'])
    const count = kids.filter((each) => each === kid).length
    if (count === 1) return pass()
    return fail({
      found: count === 0 ? describeMissing(kid, kids, evidence) : `the kid is in the set ${count} times`,
      expected: `the kid ${quoteKid(kid)} exactly once`,
      fix:
        count === 0
          ? 'Publish the key that signs, and sign with a key that is published: is the same configuration deployed in both places?'
          : 'Give every key a kid of its own; leave it out and the thumbprint is used.',
    })
  },
}

function describeMissing(kid: unknown, kids: readonly unknown[], { keySet }: Evidence): string {
  const published = kids.slice(0, 5).map(quoteKid).join(', ')
  const alike = kids.some((each) => folded(each) === folded(kid))
    ? ', alike but for spaces or capital letters'
    : ''
  const age = keySet?.reached === true ? Number(keySet.headers.get('age') ?? 0) : 0
  const cache = age > 0 ? `; a cache in front of it served a copy that is ${age} seconds old` : ''
  return `the set has ${published}${alike}${cache}`
}

function folded(kid: unknown): string {
  return String(kid).trim().toLowerCase()
}

/** A kid is public; what is not a plain one is not repeated. */
function quoteKid(kid: unknown): string {
  return typeof kid === 'string' && /^[\w.:+/=-]{1,100}$/.test(kid) ? `"${kid}"` : 'an odd kid'
}
