import type { Response } from 'supertest'
import type TestAgent from 'supertest/lib/agent.js'
import { choosePerson, type SimulatorAnswer } from './choose-person.js'
import { codeIn, findAuthorizationRequest } from './find-authorization-request.js'
import type { LogInOptions, TestApp } from './log-in-options.js'
import { checkApp, createAgent, createSecureAgent, isAgent, submit, visit } from './test-browser.js'

const defaultPath = '/cis2/login'

/**
 * Logs a person in to an application by the real way: its login route, the simulator, its callback.
 *
 * The application has to use a running simulator: start that first, and build the application with
 * `issuer: simulator.issuer` and `...simulator.client`.
 *
 * @param app the application (it need not listen), or a supertest agent of it, which is then logged in
 * @param person the key of a person of the simulator's (`'nurse'`), their `sub`, or their name
 * @returns a supertest agent with the cookies of the login; over https when the application's `baseUrl` is
 * @throws {Error} that says where the login stopped and what to change
 * @since 0.1.0
 */
export async function logIn(app: TestApp, person: string, options: LogInOptions = {}): Promise<TestAgent> {
  checkApp(app)
  const { agent, authorization } = await startLogin(app, options.path ?? defaultPath)
  const answer = await choosePerson(authorization, person, options)
  const response = await comeBack(agent, answer)
  if (response.status < 400) return agent
  throw new Error(`logIn: ${describeRefusal(response, answer, options, agent === app)}`)
}

async function startLogin(app: TestApp, path: string): Promise<{ agent: TestAgent; authorization: URL }> {
  const agent = isAgent(app) ? app : createAgent(app)
  const authorization = await findAuthorizationRequest(agent, path, isAgent(app))
  const isPlain =
    authorization !== 'https' && !authorization.searchParams.get('redirect_uri')?.startsWith('https:')
  if (isPlain || (isAgent(app) && authorization !== 'https')) return { agent, authorization }
  if (isAgent(app))
    throw new Error(
      `logIn: the app works over https only. Give logIn the app in place of an agent, and it makes one.`,
    )
  const secureAgent = await createSecureAgent(app)
  const again = await findAuthorizationRequest(secureAgent, path, false)
  if (again === 'https')
    throw new Error(
      `logIn: the app takes https for http. Set app.set('trust proxy', …) as in production, or take out what overrides req.secure.`,
    )
  return { agent: secureAgent, authorization: again }
}

async function comeBack(
  agent: TestAgent,
  { redirectUri, responseMode, parameters }: SimulatorAnswer,
): Promise<Response> {
  const { pathname, search } = new URL(redirectUri)
  if (responseMode === 'form_post') return await submit(agent, pathname + search, parameters)
  const query = new URLSearchParams(parameters).toString()
  return await visit(agent, `${pathname}${search === '' ? '?' : `${search}&`}${query}`)
}

function describeRefusal(
  { status, text }: Response,
  { redirectUri, parameters: { error, error_description: description } }: SimulatorAnswer,
  { simulator }: LogInOptions,
  isOwnAgent: boolean,
): string {
  const code = codeIn(text)
  const { pathname } = new URL(redirectUri)
  const refusal = simulator?.requests.at(-1)?.refusal
  return [
    `the app answered ${status}${code === undefined ? '' : ` with ${code}`} at its callback ${pathname}.`,
    ...(error === undefined ? [] : [`CIS2 had answered ${error}: ${description ?? ''}`]),
    ...(refusal === undefined ? [] : [`The simulator says: ${refusal}.`]),
    ...(status === 404 ? ['The callback route has to be at the path of redirectUri.'] : []),
    ...(code === 'ERR_CIS2_ATTEMPT_COOKIE_MISSING' && isOwnAgent
      ? ['An agent over http sends no Secure cookies: give logIn the app, and it makes an agent over https.']
      : []),
    ...(code === undefined ? [] : [`See docs/errors.md#${code.toLowerCase()}`]),
  ].join(' ')
}
