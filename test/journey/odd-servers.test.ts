import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { jest } from '@jest/globals'
import { startApp, type RunningApp } from '../support/app.js'
import { Browser } from '../support/browser.js'
import { accepted, failures, judgeLogin, refused } from '../support/judged-login.js'
import { testKeys } from '../support/keys.js'
import { startJourney } from '../support/login.js'

const servers: Server[] = []
const sockets = new Set<Socket>()
const apps: RunningApp[] = []

afterEach(async () => {
  jest.restoreAllMocks()
  await Promise.all(apps.splice(0).map((app) => app.close()))
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

/** A server that is none: it does with the connection whatever the test says. */
async function listen(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    serve(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function newApp(issuer: string, requestMs: number): Promise<RunningApp> {
  const { clientId, jwks } = testKeys
  const app = await startApp({ issuer, clientId, jwks, timeouts: { requestMs } })
  apps.push(app)
  return app
}

const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const sends = (text: string) => (socket: Socket) => void socket.once('data', () => socket.write(text))
const sendsAndCloses = (text: string) => (socket: Socket) => void socket.once('data', () => socket.end(text))
function sendsForEver(first: string, more: string): (socket: Socket) => void {
  return (socket) =>
    void socket.once('data', () => {
      socket.write(first)
      const timer = setInterval(() => socket.write(more), 5)
      socket.once('close', () => clearInterval(timer))
    })
}

describe('a server that does not speak HTTP as it should', () => {
  it.each<readonly [string, (socket: Socket) => void]>([
    ['a chunk without a length', sends(`${json}Transfer-Encoding: chunked\r\n\r\nnot hexadecimal\r\n{}`)],
    ['a chunk that ends too early', sendsAndCloses(`${json}Transfer-Encoding: chunked\r\n\r\nff\r\n{}`)],
    ['no last chunk', sendsAndCloses(`${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`)],
    ['fewer bytes than announced', sendsAndCloses(`${json}Content-Length: 99\r\n\r\n{}`)],
    ['two lengths', sends(`${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`)],
    [
      'a length and chunks',
      sends(`${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
    ],
    ['another protocol', sends('SSH-2.0-OpenSSH_9.0\r\n')],
    ['headers of a megabyte', sends(`${json}X-Long: ${'x'.repeat(1024 * 1024)}\r\n\r\n{}`)],
    ['half of its headers', sendsAndCloses(json)],
    [
      'an upgrade that nobody asked for',
      sends('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    ],
    ['a good-bye', (socket) => void socket.end()],
  ])('ends the login at once, for %s', async (_what, serve) => {
    const app = await newApp(`${await listen(serve)}/realm`, 30_000)
    const start = performance.now()
    const page = await new Browser().get(`${app.baseUrl}/cis2/login`)
    expect([page.status, failures(app.events)]).toEqual([503, ['ERR_CIS2_DISCOVERY_UNAVAILABLE']])
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  it.each<readonly [string, (socket: Socket) => void]>([
    ['nothing at all', (socket) => void socket.resume()],
    ['headers without an end', sendsForEver(json, 'X: y\r\n')],
    ['interim answers without an end', sendsForEver('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['a body that stops', sends(`${json}Content-Length: 99\r\n\r\n{}`)],
    ['chunks of one byte', sendsForEver(`${json}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n')],
  ])('ends the login when its time is up, and hangs up, for %s', async (_what, serve) => {
    const app = await newApp(`${await listen(serve)}/realm`, 400)
    const start = performance.now()
    const page = await new Browser().get(`${app.baseUrl}/cis2/login`)
    expect([page.status, failures(app.events)]).toEqual([503, ['ERR_CIS2_DISCOVERY_UNAVAILABLE']])
    expect(performance.now() - start).toBeLessThan(400 + 10_000)
    // The diagnosis of the failure has a connection of its own, which closing ends.
    await untilOpen(1)
    await app.cis2.close()
    await untilOpen(0)
  })
})

async function untilOpen(most: number): Promise<void> {
  for (let turn = 0; turn < 100 && sockets.size > most; turn++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(sockets.size).toBeLessThanOrEqual(most)
}

describe('a name that leads nowhere', () => {
  it.each(['https://cis2.invalid/realm', 'https://127.0.0.1:1/realm'])(
    'ends the login in time: %s',
    async (issuer) => {
      const app = await newApp(issuer, 1_500)
      const start = performance.now()
      const page = await new Browser().get(`${app.baseUrl}/cis2/login`)
      expect([page.status, failures(app.events)]).toEqual([503, ['ERR_CIS2_DISCOVERY_UNAVAILABLE']])
      expect(performance.now() - start).toBeLessThan(1_500 + 10_000)
    },
  )
})

describe('a connection that the other side closes just as it is used again', () => {
  /** Answers the discovery request of a new connection, and closes it at the second one. */
  async function listenForgetfully(requests: string[]): Promise<string> {
    const url = await listen((socket) => {
      let count = 0
      socket.on('data', (data) => {
        requests.push(data.toString('latin1').split('\r\n')[0] ?? '')
        count += 1
        if (count > 1) socket.destroy()
        else
          socket.write(`${json}Content-Length: ${Buffer.byteLength(metadata(url))}\r\n\r\n${metadata(url)}`)
      })
    })
    return url
  }

  function metadata(url: string): string {
    const endpoints = { authorization_endpoint: `${url}/a`, token_endpoint: `${url}/t`, jwks_uri: `${url}/j` }
    return JSON.stringify({ issuer: `${url}/realm`, ...endpoints, userinfo_endpoint: `${url}/u` })
  }

  it('costs nobody a login where the request changes nothing: it is sent once more', async () => {
    const requests: string[] = []
    const app = await newApp(`${await listenForgetfully(requests)}/realm`, 5_000)
    const browser = new Browser()
    expect((await browser.get(`${app.baseUrl}/cis2/login`)).status).toBe(302)
    const later = Date.now() + 3_601_000
    jest.spyOn(Date, 'now').mockReturnValue(later)
    expect((await browser.get(`${app.baseUrl}/cis2/login`)).status).toBe(302)
    expect(requests).toHaveLength(3)
    expect(app.events.filter(({ name }) => name === 'provider.unavailable')).toEqual([])
  })

  it('costs nobody a login at UserInfo, and is tried no third time', async () => {
    const journey = await startJourney()
    try {
      journey.simulator.setFault('userInfo.reset', 'at-once', { times: 1 })
      expect(await judgeLogin(journey)).toEqual({ ...accepted, userInfoRequests: 2 })
    } finally {
      await journey.close()
    }
  })

  it('ends the login where a code was sent, which is never sent again', async () => {
    const journey = await startJourney()
    try {
      journey.simulator.setFault('token.reset', 'at-once', { times: 1 })
      expect(await judgeLogin(journey)).toEqual(refused('ERR_CIS2_TOKEN_UNAVAILABLE', 503, 1))
    } finally {
      await journey.close()
    }
  })
})
