import { inspect } from 'node:util'
import { PlatformError, requestPlatformTokens, type PlatformGrant } from '../../lib/index.js'
import { testKeys } from '../support/keys.js'

// Whatever repeats a call to the platform, nothing secret of it gets into an error.

const [signingKey] = testKeys.jwks.keys
const secretNames = ['subject_token', 'client_assertion', 'refresh_token', 'client_secret']
// Nothing about them looks like a secret: no more is known than that they were sent.
const grants: readonly (readonly [string, PlatformGrant, readonly string[]])[] = [
  ['an exchange', { idToken: 'short! subject! token!' }, ['subject_token', 'client_assertion']],
  ['a refresh', { refreshToken: 'short!refresh!token!' }, ['refresh_token', 'client_secret']],
]

const asJson = (status: number, body: object): Response => Response.json(body, { status })

/** Ways in which what was sent comes back, and whether the error quotes it. */
const ways: readonly (readonly [string, (words: string) => Response, boolean])[] = [
  [
    'an error of the network',
    (words) => {
      throw new TypeError(words, { cause: Object.assign(new Error(words), { request: words }) })
    },
    true,
  ],
  ['a server error', (words) => asJson(500, { error: words, error_description: words }), true],
  ['a refusal', (words) => asJson(400, { error: words, error_description: words }), true],
  ['an unknown client', (words) => asJson(401, { error: 'invalid_client', error_description: words }), true],
  ['no JSON', (words) => new Response(words, { headers: { 'content-type': 'application/json' } }), false],
  ['a page', (words) => new Response(words, { headers: { 'content-type': 'text/html' } }), false],
  ['no token', (words) => asJson(200, { access_token: words, token_type: words }), false],
  ['a redirect', (words) => new Response('', { status: 302, headers: { location: `/?${words}` } }), false],
  ['too many requests', (words) => new Response(words, { status: 429 }), false],
]

async function failure(
  grant: PlatformGrant,
  answer: (words: string) => Response,
): Promise<{ error: PlatformError; sent: readonly (readonly [string, string])[] }> {
  let sent: readonly (readonly [string, string])[] = []
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const form = new URLSearchParams(typeof init?.body === 'string' ? init.body : '')
    sent = [...form].filter(([name]) => secretNames.includes(name))
    return answer(sent.map(([, secret]) => `a.${secret}.z`).join(' '))
  }
  const options = {
    tokenUrl: 'https://platform.sim.test/oauth2/token',
    apiKey: 'key',
    apiSecret: 'short!secret!',
    signingKey: signingKey ?? '',
    fetch,
  }
  const error: unknown = await requestPlatformTokens(grant, options).catch((cause: unknown) => cause)
  if (error instanceof PlatformError) return { error, sent }
  throw new Error('no PlatformError', { cause: error })
}

describe.each(grants)('%s', (_grant, grant, names) => {
  it.each(ways)('that is answered by %s which repeats it shows none of its secrets', async (...way) => {
    const [, answer, isQuoted] = way
    const { error, sent } = await failure(grant, answer)
    expect(sent.map(([name]) => name).toSorted()).toEqual(names.toSorted())
    const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)
    for (const [, secret] of sent) {
      expect(shown).not.toContain(secret)
      expect(shown).not.toContain(encodeURIComponent(secret))
    }
    // By name, and not because they happen to look like secrets: what stands around them is still there.
    if (isQuoted) expect(shown).toContain(sent.map(() => 'a.[removed].z').join(' '))
  })
})
