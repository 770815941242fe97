import { createPrivateKey, randomUUID, sign, type JsonWebKey } from 'node:crypto'
import { createServer as createHttpServer, request, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Cis2Options } from '../../lib/index.js'
import { createJwks } from '../../lib/index.js'
import { examine, type Examination } from '../../lib/doctor/examine.js'
import type { ExamineInput } from '../../lib/doctor/diagnose-input.js'
import type { Diagnosis } from '../../lib/doctor/run-checks.js'
import { startSimulator, type Simulator, type SimulatorClient } from '../../lib/simulator/index.js'

/** A healthy set-up, for a test to make ill: a simulator, a published key set, and the settings of an application. */
export interface Patient {
  simulator: Simulator
  /** What the doctor reads; `Partial`, because some of it may be missing. */
  options: Partial<Cis2Options> & Record<string, unknown>
  input: ExamineInput
  /** What the published address answers. */
  answerJwks: RequestListener
  /** The address that the client is registered with. */
  readonly registeredJwksUri: string
  /** Starts another server that ends with the patient. Resolves with its origin. */
  serve(listener: RequestListener, tls?: ServerOptions): Promise<string>
  /** Makes the registration differ from the settings, with a new simulator. */
  registerAs(client: Partial<SimulatorClient>): Promise<void>
  examine(): Promise<Examination>
  diagnose(): Promise<Diagnosis>
  close(): Promise<void>
}

const clientId = '999999999999.apps.national'
const secret = 'Zm9yIHRlc3RzIG9ubHk6IDMyIGNoYXJhY3RlcnMgYXQgbGVhc3Q'

// Making RSA keys takes its time: patients of one test file share a key server and a simulator, and leave them as they were.
let ward:
  | Promise<{
      simulator: Simulator
      baseUrl: string
      listen(listener: RequestListener): void
      close(): Promise<void>
    }>
  | undefined

async function openWard() {
  let answer: RequestListener = () => undefined
  const server = createHttpServer((req, res) => answer(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const simulator = await startSimulator({ clients: [{ clientId, jwksUri: `${baseUrl}/cis2/jwks` }] })
  return {
    simulator,
    baseUrl,
    listen: (listener: RequestListener) => void (answer = listener),
    async close() {
      await simulator.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Stops what the patients of a test file share. */
export async function closeWard(): Promise<void> {
  await (await ward)?.close()
  ward = undefined
}

export async function createPatient(): Promise<Patient> {
  const servers: Server[] = []
  const simulators: Simulator[] = []
  const { simulator, baseUrl, listen } = await (ward ??= openWard())

  async function serve(listener: RequestListener, tls?: ServerOptions): Promise<string> {
    const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, tls ? 'localhost' : '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`
  }

  const registeredJwksUri = `${baseUrl}/cis2/jwks`

  async function start(client: Partial<SimulatorClient>): Promise<Simulator> {
    const simulator = await startSimulator({ clients: [{ clientId, jwksUri: registeredJwksUri, ...client }] })
    simulators.push(simulator)
    return simulator
  }

  const { jwks } = simulator.client
  const patient: Patient = {
    simulator,
    options: { issuer: simulator.issuer, clientId, baseUrl, jwks, secret },
    input: {},
    answerJwks: answerJson(createJwks({ jwks })),
    registeredJwksUri,
    serve,
    async registerAs(client) {
      patient.simulator = await start(client)
      patient.options.issuer = patient.simulator.issuer
    },
    examine: () => examine(patient.options, patient.input),
    diagnose: async () => (await patient.examine()).diagnosis,
    async close() {
      simulator.clearFaults()
      simulator.forgetClientKeys()
      for (const one of simulators) await one.close()
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
  listen((req, res) => patient.answerJwks(req, res))
  return patient
}

/** A listener that answers with JSON, or with something that claims to be. */
export function answerJson(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** A listener that passes everything on, as a TLS proxy does. */
export function passOn(target: string): RequestListener {
  return (incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming
    const inner = request(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    inner.on('error', () => outgoing.destroy())
    incoming.pipe(inner)
  }
}

/** The public key set of the patient's own key, to be published wrongly. */
export function publicKeyOf({ simulator }: Patient): Record<string, unknown> {
  const [key] = createJwks({ jwks: simulator.client.jwks }).keys
  return { ...key }
}

/** The token endpoint as the patient's provider prints it. */
export function tokenEndpointOf({ simulator }: Pick<Patient, 'simulator'>): string {
  return `${simulator.issuer}/access_token`
}

/** What another program would send, with the patient's key; `undefined` leaves a member out. */
export function foreignAssertion(
  patient: Patient,
  changes: {
    header?: Record<string, unknown>
    claims?: Record<string, unknown>
    key?: JsonWebKey
    hash?: string
  } = {},
): string {
  const [own] = patient.simulator.client.jwks.keys
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'RS512', typ: 'JWT', kid: own?.kid, ...changes.header }
  const claims = {
    iss: patient.options.clientId,
    sub: patient.options.clientId,
    aud: tokenEndpointOf(patient),
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...changes.claims,
  }
  const key = createPrivateKey({ key: { ...(changes.key ?? own) }, format: 'jwk' })
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign(changes.hash ?? 'sha512', Buffer.from(signed), key).toString('base64url')}`
}
