import { isLoopbackHost } from '../../config/urls.js'
import { fail, pass, skipped, type Check } from '../check.js'
import { lacks, type Evidence } from '../evidence.js'
import { isAboutRedirect } from '../explain-refusal.js'
import { rootOf } from '../parse-settings.js'

export const redirectUriExact: Check = {
  id: 'redirect-uri-exact',
  title: 'The redirect URI is one that CIS2 can have registered',
  meaning:
    'It is https, in its one canonical spelling (lower-case host, no default port, no dot segments, no fragment), and not on this machine while CIS2 is elsewhere. CIS2 compares it with the registration character by character.',
  remedy:
    'Register exactly this text. Set `redirectUri` only if what is registered differs from `baseUrl` + `/cis2/callback`.',
  needs: [],
  run(evidence) {
    const { settings, config, said } = evidence
    const problems = settings.problems.filter(({ option }) => rootOf(option) === 'redirectUri')
    const trouble = {
      expected: 'an https address, spelt as browsers spell it and registered character by character',
      fix: 'Set `baseUrl` (or `redirectUri`) to the registered address; see it in Connection Manager under redirect_uris.',
    }
    if (problems.length > 0)
      return fail({ found: problems.map(({ message }) => `redirectUri ${message}`).join('; '), ...trouble })
    if (lacks(evidence, 'baseUrl')) return skipped('the settings have no usable `baseUrl`')
    const problem = findProblem(evidence)
    if (problem !== undefined) return fail({ found: `"${config.redirectUri}" ${problem}`, ...trouble })
    if (said !== undefined && isAboutRedirect(said))
      return fail({ found: `${said}, and "${config.redirectUri}" was sent`, ...trouble })
    return pass(`"${config.redirectUri}"; compare it with redirect_uris in the registration`)
  },
}

function findProblem({ config }: Evidence): string | undefined {
  const { redirectUri, issuer } = config
  const url = new URL(redirectUri)
  if (isLoopbackHost(url.hostname) && !isLoopbackHost(new URL(issuer).hostname) && url.protocol === 'http:')
    return 'is http on this machine, and the provider is elsewhere'
  if (url.href === redirectUri) return undefined
  if (/[A-Z]/.test(redirectUri.split('/').slice(0, 3).join('/')))
    return 'has capital letters in its scheme or host'
  return /:(443|80)(\/|$)/.test(redirectUri)
    ? `carries a default port: browsers spell it "${url.href}"`
    : `is not in its canonical spelling, "${url.href}"`
}
