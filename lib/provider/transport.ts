import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** One call to CIS2, with its bounds. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Ends the call, whatever it is doing. */
  readonly signal: AbortSignal
  /** More than this is not read. */
  readonly maxBytes: number
}

/** Headers to look up by their lower-case name; as much of `Headers` as is needed, and much cheaper to make. */
export type AnswerHeaders = Pick<Headers, 'get'>

/** A whole answer, within the bounds. */
export interface InboundAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: Buffer
}

/** Carries a request to CIS2 and the answer back; redirects are answers. */
export type Transport = (url: string, request: OutboundRequest) => Promise<InboundAnswer>

/** The answer was longer than allowed. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}

/** A way to CIS2, and how to let go of its connections. */
export interface Connection {
  readonly transport: Transport
  close(): void
}

const nativeFetch = globalThis.fetch

/**
 * Chooses how to reach CIS2: the application's `fetch`; or the global one where something has replaced Node's own
 * (instrumentation, a test's interceptor); else Node's HTTP client, which costs less than half of what fetch does.
 */
export function openConnection(fetch: typeof globalThis.fetch | undefined): Connection {
  const agents = { http: new HttpAgent(pool), https: new HttpsAgent(pool) }
  return {
    transport(url, request) {
      const chosen = fetch ?? (globalThis.fetch === nativeFetch ? undefined : globalThis.fetch)
      return chosen ? viaFetch(chosen, url, request) : viaNode(agents, url, request)
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

async function viaFetch(
  fetch: typeof globalThis.fetch,
  url: string,
  request: OutboundRequest,
): Promise<InboundAnswer> {
  const { maxBytes, ...init } = request
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const chunks: Uint8Array[] = []
  let size = 0
  if (response.body) {
    // A replaced fetch may ignore the signal while the body is read; the reader is then cancelled from here.
    const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
    const cancel = (): void => void reader.cancel().catch(() => undefined)
    request.signal.addEventListener('abort', cancel, { once: true })
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        size += part.value.byteLength
        if (size > maxBytes) throw new AnswerTooLarge(`more than ${maxBytes} bytes`)
        chunks.push(part.value)
      }
    } finally {
      request.signal.removeEventListener('abort', cancel)
      cancel()
    }
  }
  request.signal.throwIfAborted()
  return { status: response.status, headers: response.headers, body: Buffer.concat(chunks) }
}

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

function sendOnce(agents: Agents, url: string, request: OutboundRequest): Promise<InboundAnswer> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:')
    const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
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
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
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
