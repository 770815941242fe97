import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { withinSignal } from '../deadline.js'
import { AnswerTooLarge, type InboundAnswer, type OutboundRequest } from './outbound-request.js'
import { viaFetch } from './via-fetch.js'

/** Carries a request to CIS2 and the answer back; redirects are answers. */
export type Transport = (url: string, request: OutboundRequest) => Promise<InboundAnswer>

/** A way to CIS2, and how to let go of its connections. */
export interface Connection {
  readonly transport: Transport
  close(): void
}

const nativeFetch = globalThis.fetch

/**
 * Chooses how to reach CIS2: the application's `fetch`; or the global one where something has replaced Node's own
 * (instrumentation, a test's interceptor); else Node's HTTP client, which costs less than half of what fetch does.
 *
 * @param roots whose certificates count, as PEM, where Node's own client is used. @default whom this process trusts
 */
export function openConnection(
  fetch: typeof globalThis.fetch | undefined,
  roots?: readonly string[],
): Connection {
  const trust = roots === undefined ? {} : { ca: [...roots] }
  const agents = {
    http: new HttpAgent(pool),
    https: new HttpsAgent({ ...pool, ...trust, minVersion: oldestTls }),
  }
  return {
    transport(url, request) {
      const chosen = fetch ?? (globalThis.fetch === nativeFetch ? undefined : globalThis.fetch)
      // The application's own fetch may not heed the signal.
      return chosen
        ? withinSignal(viaFetch(chosen, url, request), request.signal)
        : viaNode(agents, url, request)
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

// Node's own default, which a flag or NODE_OPTIONS can lower for the whole process.
const oldestTls = 'TLSv1.2'

// Sockets are given up before servers usually do (5 s and more), so that a request seldom meets a socket being closed.
const pool = { keepAlive: true, maxSockets: 128, maxFreeSockets: 16, timeout: 4_000 }

interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

async function viaNode(agents: Agents, url: string, request: OutboundRequest): Promise<InboundAnswer> {
  try {
    return await sendOnce(agents, url, request)
  } catch (error) {
    // The other side closed an idle connection just as it was used again: a GET may be sent once more, a code may not.
    if (request.method === 'GET' && error instanceof StaleSocket && !request.signal.aborted)
      return await sendOnce(agents, url, request)
    throw error
  }
}

class StaleSocket extends Error {
  readonly code: string | undefined
  constructor(error: Error) {
    super(error.message, { cause: error })
    this.code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  }
}

// One provider has a handful of addresses, and taking one apart costs as much as sending to it.
const mostAddresses = 50
const addresses = new Map<string, ReturnType<typeof urlToHttpOptions>>()

function partsOf(url: string): ReturnType<typeof urlToHttpOptions> {
  const known = addresses.get(url)
  if (known) return known
  const parts = urlToHttpOptions(new URL(url))
  if (addresses.size < mostAddresses) addresses.set(url, parts)
  return parts
}

function sendOnce(agents: Agents, url: string, request: OutboundRequest): Promise<InboundAnswer> {
  return new Promise((resolve, reject) => {
    const parts = partsOf(url)
    // Not of the text: schemes may be written in capitals (RFC 3986, 3.1).
    const isSecure = parts.protocol === 'https:'
    const outgoing = (isSecure ? httpsRequest : httpRequest)({
      ...parts,
      method: request.method,
      agent: isSecure ? agents.https : agents.http,
      headers: {
        ...request.headers,
        'accept-encoding': 'identity',
        ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
      },
    })
    let hasAnswered = false
    // One listener for the whole call: handing the signal to Node adds several, and costs as much as signing does.
    const abort = (): void => void outgoing.destroy(new Error('aborted'))
    if (request.signal.aborted) abort()
    request.signal.addEventListener('abort', abort, { once: true })
    outgoing.once('close', () => {
      request.signal.removeEventListener('abort', abort)
      // Without an error and without an answer: an upgrade (101) that nobody asked for.
      if (!hasAnswered) reject(new Error('closed without an answer'))
    })
    outgoing.once('response', (incoming) => {
      hasAnswered = true
      collect(incoming, request.maxBytes).then(resolve, (error: unknown) => {
        outgoing.destroy()
        reject(error)
      })
    })
    outgoing.once('error', (error) =>
      reject(outgoing.reusedSocket && !hasAnswered ? new StaleSocket(error) : error),
    )
    outgoing.end(request.body)
  })
}

function collect(incoming: IncomingMessage, maxBytes: number): Promise<InboundAnswer> {
  const { statusCode, headers } = incoming
  // Names of codings have no case (RFC 9110, 8.4.1).
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding !== 'identity')
    return Promise.reject(new Error(`answered with content-encoding ${encoding} unasked`))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > maxBytes) reject(new AnswerTooLarge(`more than ${maxBytes} bytes`))
      else chunks.push(chunk)
    })
    incoming.once('error', reject)
    incoming.once('end', () => {
      const get = (name: string): string | null => {
        const value = headers[name]
        return typeof value === 'string' ? value : null
      }
      resolve({ status: statusCode ?? 0, headers: { get }, body: Buffer.concat(chunks) })
    })
  })
}
