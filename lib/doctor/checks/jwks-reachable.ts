import { fail, pass, type Check } from '../check.js'
import { lacks, type Evidence } from '../evidence.js'
import type { Reply } from '../fetch-reply.js'

export const jwksReachable: Check = {
  id: 'jwks-reachable',
  title: 'A stranger can fetch the key set',
  meaning:
    'CIS2 has no cookie and no password, follows no redirect and waits three seconds. A login page, basic authentication, a firewall or a sleeping container in front of the key set makes every login fail. It is fetched from here: CIS2 comes from elsewhere, so a firewall can still treat it differently.',
  remedy:
    'Mount the key set before session, login and basic-auth middleware, let it through the firewall, and answer at once.',
  needs: ['jwks-certificate-trusted'],
  run(evidence) {
    const { keySet, jwksUri = '' } = evidence
    const problem = describeProblem(keySet, pathOfBaseUrl(evidence))
    if (problem === undefined) return pass(`"${jwksUri}"`)
    return fail({
      found: `${jwksUri} ${problem.found}`,
      expected: 'status 200 and the key set within 3 seconds, without cookies, credentials or redirects',
      fix: problem.fix,
    })
  },
}

const exempt =
  'Let this one address through without a login: mount cis2.router() (or cis2.jwks()) before basic authentication and login middleware, and exempt it in the firewall.'
const elsewhere =
  'Is the application running, and is this its public address? If this machine cannot reach its own public name, run the doctor from outside.'

/** The path of `baseUrl`, where the key set was looked for below it. */
function pathOfBaseUrl(evidence: Evidence): string {
  const { config, jwksUri = '' } = evidence
  if (lacks(evidence, 'baseUrl') || !URL.canParse(jwksUri)) return ''
  return new URL(jwksUri).pathname.startsWith(`${config.basePath}/`) ? config.basePath : ''
}

function adviceOnMissing(basePath: string): string {
  const usual =
    'Is cis2.router() mounted, and does the proxy pass /cis2/jwks on? If the key set is published elsewhere, set `routes.jwks` or CIS2_JWKS_URI.'
  return basePath === ''
    ? usual
    : `baseUrl has the path ${basePath}: does the proxy strip it, or is the app mounted there? If neither, take it out of baseUrl. ${usual}`
}

function describeProblem(
  reply: Reply | undefined,
  basePath: string,
): { found: string; fix: string } | undefined {
  if (reply === undefined) return { found: 'was not asked', fix: elsewhere }
  if (!reply.reached) {
    if (reply.stage === 'time')
      return {
        found: 'did not answer in time: CIS2 gives up after 3 seconds',
        fix: 'Serve it from memory, as cis2.router() does, and keep the container awake.',
      }
    if (reply.stage === 'size')
      return { found: `answered with ${reply.code}`, fix: 'Publish only keys there.' }
    return { found: `could not be reached (${reply.code})`, fix: elsewhere }
  }
  const { status, headers } = reply
  if (status === 401 || status === 403)
    return { found: `answered with status ${status}: something asks for a login`, fix: exempt }
  if (status >= 300 && status < 400)
    return { found: `answered with a redirect (${status}), as login pages and moved sites do`, fix: exempt }
  if (status === 404) return { found: 'answered with status 404', fix: adviceOnMissing(basePath) }
  if (status !== 200)
    return { found: `answered with status ${status}`, fix: 'See the log of the host that publishes it.' }
  return /^text\/html|^application\/xhtml/i.test(headers.get('content-type') ?? '')
    ? { found: 'answered with an HTML page: a login page or a firewall stands in front of it', fix: exempt }
    : undefined
}
