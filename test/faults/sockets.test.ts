import { jest } from '@jest/globals'
import dns from 'node:dns'
import { once } from 'node:events'
import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { FaultyStore } from '../support/faulty-store.js'
import { failures } from '../support/judged-login.js'
import { comeBack, joinSimulator, logIn, type Journey } from '../support/login.js'

// What happens to the connections to CIS2 themselves.

let simulator: Simulator
let journey: Journey | undefined
const servers: Listening[] = []

afterEach(async () => {
  jest.restoreAllMocks()
  await journey?.close()
  journey = undefined
  await Promise.all(servers.splice(0).map((server) => server.close()))
  await simulator.close()
})

interface Listening {
  readonly port: number
  readonly sockets: Socket[]
  close(): Promise<void>
}

async function listen(answer: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<Listening> {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    // A reset by the other side is part of what is tested.
    socket.on('error', () => undefined)
    answer(socket)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const listening = {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  servers.push(listening)
  return listening
}

const isClosed = async (socket: Socket | undefined): Promise<void> => {
  if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
}

describe('a token endpoint', () => {
  const requestMs = 600
  const body = JSON.stringify({ access_token: 'late', token_type: 'Bearer', id_token: 'e30.e30.e30' })
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  const ways: readonly [string, (socket: Socket) => void, string, number][] = [
    ['takes the connection and is silent', () => undefined, 'TIMEOUT', 504],
    ['sends its headers and is silent', (socket) => void socket.write(head), 'TIMEOUT', 504],
    [
      'sends half of its answer and is silent',
      (socket) => void socket.write(head + body.slice(0, 20)),
      'TIMEOUT',
      504,
    ],
    ['sends a byte now and then', drip, 'TIMEOUT', 504],
    ['resets the connection at once', (socket) => socket.resetAndDestroy(), 'UNAVAILABLE', 503],
    [
      'resets the connection in the middle of its answer',
      (socket) =>
        void socket.write(head + body.slice(0, 20), () => setTimeout(() => socket.resetAndDestroy(), 20)),
      'UNAVAILABLE',
      503,
    ],
    ['closes the connection without a word', (socket) => void socket.end(), 'UNAVAILABLE', 503],
  ]

  function drip(socket: Socket): void {
    const bytes = (head + body).split('')
    const timer = setInterval(() => socket.write(bytes.shift() ?? ' '), 40)
    socket.once('close', () => clearInterval(timer))
  }

  it.each(ways)('that %s is left in time, and its connection closed', async (_what, answer, code, status) => {
    const endpoint = await listen((socket) => void socket.once('data', () => answer(socket)))
    simulator = await startSimulator()
    simulator.setFault('discovery', { token_endpoint: `http://127.0.0.1:${endpoint.port}/token` })
    const store = new FaultyStore()
    journey = await joinSimulator(simulator, { timeouts: { requestMs }, sessionOptions: { store } })
    const address = await comeBack(journey)
    const startedAt = performance.now()
    const page = await journey.browser.get(address)
    expect(performance.now() - startedAt).toBeLessThan(requestMs + 10_000)
    expect({ status: page.status, reasons: failures(journey.app.events) }).toEqual({
      status,
      reasons: [`ERR_CIS2_TOKEN_${code}`],
    })
    await isClosed(endpoint.sockets[0])
    // Once, on one connection; and what comes too late has nobody to reach.
    expect(endpoint.sockets).toHaveLength(1)
    expect(await store.sessions()).toEqual([])
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
  })
})

describe('a CIS2 that moves to another address', () => {
  // Only Linux listens on all of 127.0.0.0/8 without being told.
  const elsewhere = process.platform === 'linux' ? '127.0.0.2' : '::1'
  let first: Listening
  let second: Listening
  let found: string

  beforeEach(async () => {
    const passOn = (socket: Socket): void => {
      const inner = connect(Number(new URL(simulator.url).port), '127.0.0.1')
      inner.on('error', () => socket.destroy())
      socket.on('close', () => inner.destroy())
      socket.pipe(inner).pipe(socket)
    }
    first = await listen(passOn, '127.0.0.1')
    second = await listen(passOn, elsewhere, first.port)
    simulator = await startSimulator({ issuer: `http://localhost:${first.port}/openam/oauth2` })
    found = '127.0.0.1'
    const lookup = (...parameters: readonly unknown[]): void => {
      const done = parameters.at(-1) as (error: null, found: unknown, family?: number) => void
      const [, options] = parameters as [string, { all?: boolean }]
      if (options.all === true) done(null, [{ address: found, family: isIP(found) }])
      else done(null, found, isIP(found))
    }
    jest.spyOn(dns, 'lookup').mockImplementation(lookup)
    journey = await joinSimulator(simulator)
  })

  it('is found there by the next login, when the old address has gone', async () => {
    if (journey === undefined) throw new Error('nothing was started')
    expect((await logIn(journey)).status).toBe(303)
    expect(second.sockets).toHaveLength(0)
    await first.close()
    found = elsewhere
    expect((await logIn({ app: journey.app, browser: journey.anotherBrowser() })).status).toBe(303)
    expect(second.sockets.length).toBeGreaterThan(0)
  })

  it('is found there when the old address is still open: no connection is kept for longer than four seconds', async () => {
    if (journey === undefined) throw new Error('nothing was started')
    expect((await logIn(journey)).status).toBe(303)
    const startedAt = performance.now()
    await Promise.all(first.sockets.map(isClosed))
    expect(performance.now() - startedAt).toBeLessThan(9_000)
    const { length } = first.sockets
    found = elsewhere
    expect((await logIn({ app: journey.app, browser: journey.anotherBrowser() })).status).toBe(303)
    expect(first.sockets).toHaveLength(length)
    expect(second.sockets.length).toBeGreaterThan(0)
  })
})
