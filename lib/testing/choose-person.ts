import type { LogInOptions } from './log-in-options.js'

/** What the simulator sends the browser back with. */
export interface SimulatorAnswer {
  readonly redirectUri: string
  readonly responseMode: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Says to the simulator who is logging in, as its page would. */
export async function choosePerson(
  authorization: URL,
  person: string,
  options: LogInOptions,
): Promise<SimulatorAnswer> {
  const address = findSimulator(authorization, options.simulator)
  const { role } = options
  if (role !== undefined && !asksForRole(authorization))
    throw new Error(
      `logIn: options.role was given, and the app does not ask CIS2 for a role: its scope has no selectedrole. Leave ` +
        `options.role out and choose in the app, by a post to /cis2/role: await agent.post('/cis2/role')` +
        `.set('Sec-Fetch-Site', 'same-origin').send({ roleId }). Or build the app with role: { choose: 'cis2' }.`,
    )
  const response = await fetch(address, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ person, ...(role === undefined ? {} : { role }) }),
    redirect: 'manual',
  }).catch((cause: unknown) => {
    const message = `logIn: no simulator answers at ${originOf(address)}. Start it before the app, and close it after the last test.`
    throw new Error(message, { cause })
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (isAnswer(answer)) return answer
  throw new Error(`logIn: ${describeRefusal(answer, response.status, address, person)}`)
}

function asksForRole({ searchParams }: URL): boolean {
  const scopes = searchParams.get('scope')?.split(' ') ?? []
  return scopes.includes('selectedrole') || scopes.includes('changedrole')
}

function findSimulator(authorization: URL, simulator: LogInOptions['simulator']): string {
  const { origin, pathname, search, hostname } = authorization
  if (simulator !== undefined) {
    if (origin === originOf(simulator.issuer)) return simulator.url + pathname + search
    throw new Error(
      `logIn: the app's login leads to ${origin}, and options.simulator is ${originOf(simulator.issuer)}. Build the app ` +
        `with issuer: simulator.issuer and ...simulator.client of that simulator.`,
    )
  }
  // The person's name goes nowhere but to this machine.
  if (['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return authorization.href
  throw new Error(
    `logIn: the app's login leads to ${origin}, which is no simulator on this machine. Build the app with issuer: ` +
      `simulator.issuer and ...simulator.client; when the simulator was given an issuer of its own, give options.simulator.`,
  )
}

function originOf(address: string): string {
  return new URL(address).origin
}

function isAnswer(answer: unknown): answer is SimulatorAnswer {
  return typeof answer === 'object' && answer !== null && 'redirectUri' in answer && 'parameters' in answer
}

function describeRefusal(answer: unknown, status: number, address: string, person: string): string {
  const members = typeof answer === 'object' && answer !== null ? answer : {}
  const refusal: unknown = Reflect.get(members, 'refusal')
  if (typeof refusal === 'string') return `the simulator says: ${refusal}.`
  const roles: unknown = Reflect.get(members, 'roles')
  if (Array.isArray(roles))
    return `the app asks CIS2 for a role, and ${person} has several. Give options.role one of ${roles.map(describeRole).join('; ')}.`
  return `${originOf(address)} answered ${status} and is no simulator of this version.`
}

function describeRole(role: unknown): string {
  const members = typeof role === 'object' && role !== null ? role : {}
  const [id, name, organisation] = ['id', 'name', 'organisation'].map((member) =>
    String(Reflect.get(members, member)),
  )
  return `'${id}' (${name} at ${organisation})`
}
