import { gzipSync } from 'node:zlib'
import type { Reply } from '../reply.js'
import { replace } from './override.js'
import type { Endpoint, TransportFaults } from './fault-values.js'
import type { Faults } from './faults.js'

/** Where a redirect goes when the fault does not say. */
export interface Elsewhere {
  readonly elsewhere: string
}

/** Applies the faults that change what is said. How it is sent is `sendReply`'s part. */
export function distortReply(
  reply: Reply,
  endpoint: Endpoint,
  faults: Faults,
  { elsewhere }: Elsewhere,
): Reply {
  const take = <K extends keyof TransportFaults>(kind: K) => faults.takeTransport(endpoint, kind)
  const status = take('status')
  const redirect = take('redirect')
  const headers = take('headers')
  const body = take('body')
  const gzip = take('gzip')
  let spoilt = reply
  if (status !== undefined) spoilt = withStatus(spoilt, status)
  if (redirect !== undefined) spoilt = withRedirect(spoilt, redirect, elsewhere)
  if (take('html')) spoilt = withHtml(spoilt)
  if (headers) spoilt = withHeaders(spoilt, headers)
  if (body !== undefined) spoilt = { ...spoilt, body: replace(textOf(spoilt), body) }
  if (take('truncate')) spoilt = { ...spoilt, body: firstHalf(bytesOf(spoilt)) }
  if (gzip) spoilt = withGzip(spoilt, gzip)
  return spoilt
}

/** The body as bytes. */
export function bytesOf({ body }: Reply): Buffer {
  return Buffer.from(typeof body === 'string' ? Buffer.from(body) : body)
}

/** The first half of some bytes. */
export function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length / 2))
}

function textOf(reply: Reply): string {
  return bytesOf(reply).toString('utf8')
}

function withStatus(reply: Reply, fault: TransportFaults['status']): Reply {
  const { status, headers = {}, body } = typeof fault === 'number' ? { status: fault } : fault
  const bodiless = status === 204 || status === 304
  const standard = JSON.stringify({ error_description: 'A fault of the simulator.', error: 'server_error' })
  return {
    ...reply,
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body ?? (bodiless ? '' : standard),
  }
}

function withRedirect(reply: Reply, fault: TransportFaults['redirect'], elsewhere: string): Reply {
  const { status = 307, location = elsewhere } = typeof fault === 'number' ? { status: fault } : fault
  return { ...reply, status, headers: { Location: location }, body: '' }
}

function withHtml(reply: Reply): Reply {
  const body = '<!doctype html><html lang="en"><title>Log in</title><h1>Log in to the network</h1></html>'
  return { ...reply, status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body }
}

function withHeaders(reply: Reply, fault: TransportFaults['headers']): Reply {
  const headers: Record<string, string> = {}
  const replaced = new Set(Object.keys(fault).map((name) => name.toLowerCase()))
  for (const [name, value] of Object.entries(reply.headers))
    if (!replaced.has(name.toLowerCase())) headers[name] = value
  for (const [name, value] of Object.entries(fault)) if (value !== undefined) headers[name] = value
  return { ...reply, headers }
}

function withGzip(reply: Reply, fault: TransportFaults['gzip']): Reply {
  const good = gzipSync(bytesOf(reply))
  const headers = { ...reply.headers, 'Content-Encoding': 'gzip' }
  if (fault === 'good') return { ...reply, headers, body: good }
  if (fault === 'truncated') return { ...reply, headers, body: firstHalf(good) }
  // A gzip file may have any number of members: a hundred times one small member costs nothing to make.
  const mebibyte = gzipSync(Buffer.alloc(1024 * 1024, ' '))
  return { ...reply, headers, body: Buffer.concat([...Array.from({ length: 100 }, () => mebibyte), good]) }
}
