import type { Verdict } from './check.js'
import { fail } from './check.js'

/** What is known of this client, to make the advice concrete; whatever is not known stays a general word. */
export interface ClientFacts {
  readonly clientId?: string | undefined
  readonly algorithm?: string | undefined
  readonly jwksUri?: string | undefined
  readonly redirectUri?: string | undefined
}

interface Meaning {
  readonly text: RegExp
  readonly expected: string
  /** The likeliest first. */
  readonly causes: (facts: ClientFacts) => readonly string[]
}

const accepted = 'the client assertion is accepted'

// What the product behind CIS2 says, in the order in which a more exact text wins. CIS2 runs a version that nobody
// outside can see: these are hypotheses, ranked.
const meanings: readonly Meaning[] = [
  {
    text: /redirect_uri_mismatch|redirection URI/i,
    expected: 'the redirect URI is registered, character by character',
    causes: ({ redirectUri = 'the redirect URI' }) => [
      `Register ${redirectUri} exactly so: scheme, host, port, path and the slash at its end count.`,
    ],
  },
  {
    text: /unable to load jwks/i,
    expected: 'CIS2 can fetch the key set',
    causes: ({ jwksUri = 'the key set' }) => [
      `The registered jwks_uri is out of date, or CIS2 cannot reach it: compare it with ${jwksUri}, and ask from outside your network.`,
      'The key set answered too late: CIS2 waits three seconds, a sleeping container takes longer.',
    ],
  },
  {
    text: /invalid authentication method/i,
    expected: accepted,
    causes: () => [
      'The client is registered for a client secret: set token_endpoint_auth_method to private_key_jwt in Connection Manager.',
      'The program sends a client secret or an Authorization header: send the assertion alone.',
    ],
  },
  {
    text: /client authentication failed|unknown client|client not found/i,
    expected: accepted,
    causes: ({ clientId = '`clientId`' }) => [
      `CIS2 does not know the client here. Compare CIS2_CLIENT_ID (${clientId}) with the client id in Connection Manager, character by character.`,
      'It may belong to another environment: integration, deployment and production each have their own.',
      'Just created or changed? It takes up to a minute to arrive: wait a minute and retry.',
      'An Authorization header, or a mistyped client_assertion_type, was sent with the assertion.',
    ],
  },
  {
    text: /iss.{1,10}sub.{1,30}client_id/i,
    expected: accepted,
    causes: () => [
      'iss and sub of the assertion must both be the CIS2 client id, as client_id of the request is.',
    ],
  },
  {
    text: /expired|expiration time/i,
    expected: accepted,
    causes: () => [
      "This machine's clock is wrong: set it by NTP.",
      'An old assertion was sent again: make a new one for every request, with exp at most 300 seconds ahead.',
    ],
  },
  {
    text: /audience/i,
    expected: accepted,
    causes: () => [
      'aud must be the token_endpoint of the discovery document, as one string, character by character, `:443` included.',
    ],
  },
  {
    text: /invalid_client|not valid/i,
    expected: accepted,
    causes: ({ jwksUri = 'the published key set', algorithm = 'the one that signs' }) => [
      `CIS2 has other keys than the published ones: its jwks_uri must be ${jwksUri}, with no public key uploaded in its place; and it keeps a copy for an hour.`,
      `Another algorithm is registered: compare jwks_uri_signing_algorithm with ${algorithm}.`,
      'The client was just created or changed: wait a minute and retry.',
      'The client is registered for a client secret and not for private_key_jwt.',
    ],
  },
  {
    text: /invalid_grant/i,
    expected: 'the code is accepted',
    causes: ({ redirectUri = 'the redirect URI' }) => [
      'The client was authenticated; it is the code that was refused: used before, or older than CIS2 allows.',
      `The token request names another redirect URI than the login did: ${redirectUri} in both.`,
    ],
  },
  {
    text: /unauthorized_client|unsupported_grant_type|invalid_request|invalid_scope/i,
    expected: accepted,
    causes: () => [
      'The client is not registered for the authorization code flow, or the request is not the form that OAuth wants.',
    ],
  },
  {
    text: /server_error|temporarily_unavailable/i,
    expected: 'CIS2 is in order',
    causes: () => ['CIS2 itself has a problem: try again, and see the NHS England service status.'],
  },
]

/** What CIS2 said → what it probably means, the likeliest first. */
export function explainRefusal(said: string, facts: ClientFacts): Verdict {
  const meaning = meanings.find(({ text }) => text.test(said))
  const causes = meaning?.causes(facts) ?? ['Compare every value of the registration with the settings.']
  const isRanked = causes.length > 1
  return fail({
    found: said,
    expected: meaning?.expected ?? accepted,
    fix: causes.map((cause, index) => (isRanked ? `${index + 1}. ${cause}` : cause)).join(' '),
  })
}

/** Whether CIS2's words fit a key set of which it has an old copy. */
export function fitsAnOldKeySet(said: string): boolean {
  return (
    /not valid/i.test(said) ||
    (/invalid_client/i.test(said) && !/audience|expired|method|client auth/i.test(said))
  )
}

/** Whether CIS2's words are about the redirect URI. */
export function isAboutRedirect(said: string): boolean {
  return meanings[0]?.text.test(said) ?? false
}
