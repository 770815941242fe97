import type { Response } from 'supertest'
import type TestAgent from 'supertest/lib/agent.js'
import { visit } from './test-browser.js'

const mostRedirects = 10

/**
 * Follows the application's own redirects until it sends the browser to CIS2.
 *
 * @param hasCookies whether it may be logged in already
 * @returns the address at CIS2, or `https` when the application does not work without it
 */
export async function findAuthorizationRequest(
  agent: TestAgent,
  path: string,
  hasCookies: boolean,
): Promise<URL | 'https'> {
  let next = path
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await visit(agent, next)
    const { location } = response.headers
    if (location === undefined)
      return wantsHttps(response) ? 'https' : refuse(response, path, next, hasCookies)
    const target = new URL(location, response.request.url)
    const { searchParams, protocol } = target
    if (searchParams.has('client_id') && searchParams.has('redirect_uri')) return target
    const own = new URL(response.request.url)
    if (protocol === 'https:' && own.protocol === 'http:') return 'https'
    if (target.host !== own.host)
      throw new Error(
        `logIn: ${next} leads to ${target.origin}${target.pathname}, which is neither this app nor a request to log in ` +
          `at CIS2. Give options.path the login route, or a page that leads to it.`,
      )
    next = target.pathname + target.search
  }
  throw new Error(
    `logIn: ${path} was redirected more than ${mostRedirects} times and never to CIS2: the last was ${next}`,
  )
}

function wantsHttps({ text }: Response): boolean {
  return codeIn(text) === 'ERR_CIS2_TRUST_PROXY'
}

/** The library's error code in a page or problem+json. */
export function codeIn(text: string): string | undefined {
  return /ERR_CIS2_[A-Z0-9_]+/.exec(text)?.[0]
}

function refuse({ status, text }: Response, path: string, last: string, hasCookies: boolean): never {
  const at = path === last ? path : `${path}, by way of ${last},`
  const code = codeIn(text)
  throw new Error(
    `logIn: ${at} answered ${status}${code ? ` with ${code}` : ''} and did not lead to CIS2. ` +
      (code === undefined && hasCookies && path !== last ? adviceOnLogin(path, last) : advice(status, code)),
  )
}

function adviceOnLogin(path: string, last: string): string {
  return (
    `The agent seems to be logged in already: ${path} led back into the app. Give logIn the app for another browser, ` +
    `or the login route with ?reauthenticate=true as options.path. If nobody is logged in: is ${last} mounted?`
  )
}

function advice(status: number, code: string | undefined): string {
  if (code !== undefined) return `See docs/errors.md#${code.toLowerCase()}`
  if (status === 404)
    return 'Is cis2.router() mounted? When the login route has another path, give it as options.path.'
  if (status < 300) return 'Is somebody logged in with this agent already, or is the page open to everybody?'
  return 'The app has to answer GET there with a redirect to its login.'
}
