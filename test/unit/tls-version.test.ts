import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import tls from 'node:tls'
import { openConnection } from '../../lib/provider/transport.js'

/** The versions in the first message of a TLS client (RFC 8446, sections 4.1.2 and 4.2.1). */
function offeredVersions(hello: Buffer): string[] {
  let at = 5 + 4 + 2 + 32
  at += 1 + hello.readUInt8(at) // session id
  at += 2 + hello.readUInt16BE(at) // cipher suites
  at += 1 + hello.readUInt8(at) // compression methods
  const end = at + 2 + hello.readUInt16BE(at)
  for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
    const isSupportedVersions = hello.readUInt16BE(at) === 43
    if (isSupportedVersions)
      return (
        hello
          .subarray(at + 5, at + 4 + hello.readUInt16BE(at + 2))
          .toString('hex')
          .match(/.{4}/g) ?? []
      )
  }
  return []
}

const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls
afterEach(() => {
  tls.DEFAULT_MIN_VERSION = DEFAULT_MIN_VERSION
  tls.DEFAULT_CIPHERS = DEFAULT_CIPHERS
})

test.each(['https', 'HTTPS'])('a call to an address in %s speaks TLS', async (scheme) => {
  expect(await offeredTo(scheme)).toEqual(['0304', '0303'])
})

test('a call to CIS2 offers TLS 1.2 and 1.3, also where the process allows older ones', async () => {
  tls.DEFAULT_MIN_VERSION = 'TLSv1'
  tls.DEFAULT_CIPHERS = 'DEFAULT@SECLEVEL=0'
  expect(await offeredTo('https')).toEqual(['0304', '0303'])
})

/** What a call offers to whoever answers there. */
async function offeredTo(scheme: string): Promise<string[]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hello = new Promise<Buffer>((resolve) =>
    server.on('connection', (socket) =>
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data)
      }),
    ),
  )
  const connection = openConnection(undefined)
  const { port } = server.address() as AddressInfo
  const request = { method: 'GET', headers: {}, signal: AbortSignal.timeout(5_000), maxBytes: 1 } as const
  const call = connection.transport(`${scheme}://127.0.0.1:${port}/`, request).catch(() => undefined)
  const offered = await Promise.race([hello.then(offeredVersions), call.then(() => [])])
  await call
  connection.close()
  server.close()
  return offered
}
