import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../lib/simulator/index.js'

// Making RSA keys takes its time on a busy machine.
const opened: { close(): Promise<void> }[] = []
afterAll(() => Promise.all(opened.map((one) => one.close())))

/** A simulator that ends with the test file. */
export async function start(options?: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  opened.push(simulator)
  return simulator
}

/** A key of the relying party: what signs, and what is published. */
export interface PartyKey {
  privateKey: CryptoKey
  jwk: JWK
}

export async function createPartyKey(kid: string, alg = 'RS512'): Promise<PartyKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** A relying party by hand, on jose and fetch: it shares nothing with the library. */
export interface RelyingParty {
  readonly url: string
  readonly redirectUri: string
  /** What its key set route answers; replaced by tests. */
  answerJwks: (response: ServerResponse) => void
  readonly jwksRequests: { count: number }
  readonly logoutBodies: string[]
  close(): Promise<void>
}

export async function startRelyingParty(keys: readonly PartyKey[]): Promise<RelyingParty> {
  const jwksRequests = { count: 0 }
  const logoutBodies: string[] = []
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${portOf(server)}`
  const party: RelyingParty = {
    url,
    redirectUri: `${url}/cis2/callback`,
    answerJwks: (response) => response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })),
    jwksRequests,
    logoutBodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/cis2/jwks') {
      jwksRequests.count += 1
      party.answerJwks(response)
      return
    }
    let body = ''
    for await (const chunk of request) body += String(chunk)
    logoutBodies.push(body)
    response.writeHead(200, { 'Cache-Control': 'no-store' }).end('done')
  }
  opened.push(party)
  return party
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** The simulator's address of an endpoint, wherever its issuer says it is. */
export function reach(simulator: Simulator, path: string): string {
  return simulator.url + new URL(simulator.issuer + path).pathname
}

export const verifier = 'a-verifier-of-the-tests-that-is-long-enough-0123456789'
export const challenge = createHash('sha256').update(verifier).digest('base64url')

type Changes = Readonly<Record<string, string | undefined>>

function changed(good: Readonly<Record<string, string>>, changes: Changes): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...good, ...changes })) {
    if (value !== undefined) parameters.append(name, value)
  }
  return parameters
}

/** The address of a login, as a relying party sends the browser to it. */
export function authorizationUrl(simulator: Simulator, redirectUri: string, changes: Changes = {}): string {
  const query = changed(
    {
      response_type: 'code',
      client_id: simulator.client.clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile nationalrbacaccess',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    },
    changes,
  )
  return `${reach(simulator, '/authorize')}?${query.toString()}`
}

/** Answers the pickers: posts to the address of the login itself. */
export function choose(url: string, form: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })
}

/** Logs a person in as far as the redirect back. */
export async function logIn(
  simulator: Simulator,
  redirectUri: string,
  person = 'nurse',
  changes: Changes = {},
  form: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const response = await choose(authorizationUrl(simulator, redirectUri, changes), { person, ...form })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`)
  return new URL(location).searchParams
}

/** What goes into an assertion instead of the usual; `undefined` leaves a member out. */
export interface AssertionChanges {
  header?: Readonly<Record<string, unknown>>
  claims?: Readonly<Record<string, unknown>>
}

export async function createAssertion(
  simulator: Simulator,
  { privateKey, jwk }: PartyKey,
  { header = {}, claims = {} }: AssertionChanges = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { clientId } = simulator.client
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: `${simulator.issuer}/access_token`,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: jwk.alg ?? '', kid: jwk.kid ?? '', typ: 'JWT', ...header })
    .sign(privateKey)
}

export interface TokenAnswer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** Sends a token request; `undefined` leaves a parameter out. */
export async function requestToken(
  simulator: Simulator,
  form: Changes,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const good = {
    grant_type: 'authorization_code',
    client_id: simulator.client.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    code_verifier: verifier,
  }
  const body = changed(good, form)
  const response = await fetch(reach(simulator, '/access_token'), { method: 'POST', body, headers })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as TokenAnswer['body'],
  }
}

/** A whole login: from the choice of a person to the tokens. */
export async function logInFully(
  simulator: Simulator,
  party: RelyingParty,
  key: PartyKey,
  person = 'nurse',
  changes: Changes = {},
): Promise<TokenAnswer> {
  const code = (await logIn(simulator, party.redirectUri, person, changes)).get('code') ?? ''
  const client_assertion = await createAssertion(simulator, key)
  return requestToken(simulator, { code, redirect_uri: party.redirectUri, client_assertion })
}

/** The last request to an endpoint. */
export function lastRequest(simulator: Simulator, endpoint: string) {
  return simulator.requests.filter((request) => request.endpoint === endpoint).at(-1)
}
