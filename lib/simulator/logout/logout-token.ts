import { randomBytes, randomUUID } from 'node:crypto'
import type { Login } from '../authorize/login.js'
import type { Override } from '../faults/fault-values.js'
import { override } from '../faults/override.js'
import { signArtefact } from '../keys/sign-artefact.js'
import type { RegisteredClient } from '../simulator-client.js'
import type { SimulatorState } from '../simulator-state.js'

/**
 * Whose session a logout token ends. Without anything it is that of the last person to log in.
 */
export interface LogoutTokenOptions {
  /** The person's key: the last session of theirs. */
  person?: string
  /** The token's `sub`. @default that of the session found */
  sub?: string
  /** The token's `sid`. @default that of the session found */
  sid?: string
  /** The client id. @default that of the session found, else the first client's */
  client?: string
  /** How the claims differ; `{ sid: undefined }` leaves `sid` out. @default not at all */
  claims?: Override
}

/** A signed logout token, and where it goes. */
export interface LogoutToken {
  readonly token: string
  readonly uri: string
}

/**
 * Signs a logout token. Like CIS2's it has no `exp`, and `typ` is plain `JWT`.
 *
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
 */
export async function createLogoutToken(
  options: LogoutTokenOptions,
  state: SimulatorState,
): Promise<LogoutToken> {
  const login = findLogin(options, state)
  const person = state.people.find(({ key }) => key === options.person)
  if (options.person !== undefined && !person)
    throw new TypeError(`the simulator has no person '${options.person}'`)
  const client = findClient(options, login, state)
  const clock = state.faults.take('clock') ?? 0
  const claims = {
    iss: state.issuer,
    sub: options.sub ?? person?.claims.sub ?? login?.person.claims.sub,
    aud: client.clientId,
    iat: Math.floor(Date.now() / 1000) + clock,
    jti: randomUUID(),
    sid: options.sid ?? login?.sid ?? randomBytes(20).toString('base64'),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }
  const signed = override(claims, options.claims)
  const token = await signArtefact('logoutToken', signed, client.idTokenSigningAlgorithm, state)
  return { token: String(token), uri: client.backChannelLogoutUri(login?.request.redirectUri ?? '') }
}

function findLogin(
  { person, sub, sid, client }: LogoutTokenOptions,
  { logins }: SimulatorState,
): Login | undefined {
  return logins.findLast(
    (login) =>
      (person === undefined || login.person.key === person) &&
      (sub === undefined || login.person.claims.sub === sub) &&
      (sid === undefined || login.sid === sid) &&
      (client === undefined || login.request.client.clientId === client),
  )
}

function findClient(
  { client }: LogoutTokenOptions,
  login: Login | undefined,
  { clients }: SimulatorState,
): RegisteredClient {
  const found =
    client === undefined ? (login?.request.client ?? [...clients.values()][0]) : clients.get(client)
  if (!found) throw new TypeError(`the simulator has no client '${client ?? ''}'`)
  return found
}
