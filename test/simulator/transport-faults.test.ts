import { gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import type { Endpoint } from '../../lib/simulator/index.js'
import { endpoints } from '../../lib/simulator/faults/fault-table.js'
import { reach, start } from './relying-party.js'

const simulator = await start()
afterEach(() => simulator.clearFaults())

const paths: Record<Endpoint, string> = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/connect/jwk_uri',
  authorize: '/authorize',
  token: '/access_token',
  userInfo: '/userinfo',
  endSession: '/connect/endSession',
  platformToken: '/oauth2/token',
  platformApi: '/user-restricted/whoami',
}

/** The API platform is not under CIS2's issuer. */
function addressOf(endpoint: Endpoint): string {
  return endpoint.startsWith('platform') ? simulator.url + paths[endpoint] : reach(simulator, paths[endpoint])
}

function ask(endpoint: Endpoint, init: RequestInit = {}): Promise<Response> {
  const method = endpoint === 'token' || endpoint === 'platformToken' ? 'POST' : 'GET'
  return fetch(addressOf(endpoint), { method, redirect: 'manual', ...init })
}

async function goodBody(): Promise<string> {
  return (await ask('discovery')).text()
}

/** The body as it came, without the decompression of fetch; rejects when the connection breaks. */
function rawBody(endpoint: Endpoint): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(addressOf(endpoint), (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    sent.on('error', reject).end()
  })
}

describe.each(endpoints)('%s', (endpoint) => {
  test('can answer with a status', async () => {
    simulator.setFault(`${endpoint}.status`, 503)
    const response = await ask(endpoint)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: 'server_error' })
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint, status: 503 })
  })

  test('can hang', async () => {
    simulator.setFault(`${endpoint}.hang`)
    const before = simulator.requests.count(endpoint)
    const patience = new AbortController()
    const outcome = ask(endpoint, { signal: patience.signal }).then(
      () => 'answered',
      () => 'given up',
    )
    while (simulator.requests.count(endpoint) === before)
      await new Promise((resolve) => setImmediate(resolve))
    patience.abort()
    expect(await outcome).toBe('given up')
    expect(simulator.requests.at(-1)?.status).toBeUndefined()
  })

  test('can redirect to an address whose requests are recorded', async () => {
    simulator.setFault(`${endpoint}.redirect`)
    const careful = await ask(endpoint)
    expect([careful.status, careful.headers.get('location')]).toEqual([307, `${simulator.url}/elsewhere`])
    const before = simulator.requests.count('elsewhere')
    await (await ask(endpoint, { redirect: 'follow' })).text()
    expect(simulator.requests.count('elsewhere') - before).toBe(1)
  })

  test('can reset the connection at once', async () => {
    simulator.setFault(`${endpoint}.reset`, 'at-once')
    await expect(ask(endpoint)).rejects.toThrow()
  })
})

test('a status can bring headers and a body of its own, or none', async () => {
  simulator.setFault('token.status', { status: 429, headers: { 'Retry-After': '7' }, body: 'slow down' })
  const slow = await ask('token')
  expect([slow.status, slow.headers.get('retry-after'), await slow.text()]).toEqual([429, '7', 'slow down'])
  simulator.setFault('token.status', 204)
  const empty = await ask('token')
  expect([empty.status, await empty.text()]).toEqual([204, ''])
})

test('a delayed answer is the right one', async () => {
  const good = await goodBody()
  simulator.setFault('discovery.delay', 30)
  const started = Date.now()
  expect(await goodBody()).toBe(good)
  expect(Date.now() - started).toBeGreaterThanOrEqual(25)
})

test('a dripping answer comes byte by byte and is whole in the end', async () => {
  simulator.setFault('userInfo.drip', 1)
  const { body } = await rawBody('userInfo')
  expect(JSON.parse(body.toString())).toMatchObject({ error: 'invalid_token' })
})

test('a reset in the middle comes after half of the body', async () => {
  simulator.setFault('discovery.reset')
  await expect(rawBody('discovery')).rejects.toThrow(/aborted|ECONNRESET/)
})

test('a truncated answer ends half way as if that were its end', async () => {
  const good = await goodBody()
  simulator.setFault('discovery.truncate')
  const { body } = await rawBody('discovery')
  expect(body.toString()).toBe(good.slice(0, Math.floor(good.length / 2)))
})

test('headers can be replaced and taken away', async () => {
  simulator.setFault('discovery.headers', { 'content-type': 'text/html', Pragma: undefined, 'X-New': 'yes' })
  const { headers } = await ask('discovery')
  expect(headers.get('content-type')).toBe('text/html')
  expect(headers.get('x-new')).toBe('yes')
  expect(headers.get('pragma')).toBeNull()
  expect(headers.get('cache-control')).toBe('no-store')
})

test('the body can be empty, anything, or a change of the right one', async () => {
  simulator.setFault('discovery.body')
  expect(await goodBody()).toBe('')
  simulator.setFault('discovery.body', '[]')
  expect(await goodBody()).toBe('[]')
  simulator.setFault('discovery.body', (good) => good.replace('"issuer"', '"issuer":"first","issuer"'))
  expect(await goodBody()).toMatch(/^\{"issuer":"first","issuer":"http/)
  simulator.setFault('discovery.body', new Uint8Array([0xff, 0xfe]))
  expect((await rawBody('discovery')).body).toEqual(Buffer.from([0xff, 0xfe]))
})

test('an HTML page is a log-in wall with status 200', async () => {
  simulator.setFault('jwks.html')
  const response = await ask('jwks')
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await response.text()).toContain('<h1>')
})

test('a compressed answer can be good, cut off, or a bomb', async () => {
  const good = await goodBody()
  simulator.setFault('discovery.gzip', 'good')
  expect(await goodBody()).toBe(good)
  simulator.setFault('discovery.gzip')
  const { headers, body } = await rawBody('discovery')
  expect(headers['content-encoding']).toBe('gzip')
  expect(() => gunzipSync(body)).toThrow(/unexpected end/)
  simulator.setFault('discovery.gzip', 'bomb')
  const bomb = await rawBody('discovery')
  expect(bomb.body.length).toBeLessThan(1_000_000)
  expect(gunzipSync(bomb.body).length).toBe(100 * 1024 * 1024 + good.length)
})

test('a huge answer is white space and then the right body', async () => {
  const good = await goodBody()
  simulator.setFault('discovery.huge', 1_000_000)
  const { body } = await rawBody('discovery')
  expect(body.length).toBe(1_000_000 + good.length)
  expect(JSON.parse(body.toString())).toEqual(JSON.parse(good))
})

test('an endless answer ends when the reader has had enough', async () => {
  simulator.setFault('discovery.huge', Infinity)
  const reader = (await ask('discovery')).body?.getReader()
  let size = 0
  while (size < 1_000_000) size += (await reader?.read())?.value?.length ?? 0
  await reader?.cancel()
  simulator.clearFaults()
  expect((await ask('discovery')).status).toBe(200)
})

test('a redirect can have another status and lead anywhere', async () => {
  simulator.setFault('userInfo.redirect', { status: 302, location: 'http://169.254.169.254/latest' })
  const response = await ask('userInfo')
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://169.254.169.254/latest'])
})
