import { AnswerTooLarge, type InboundAnswer, type OutboundRequest } from './outbound-request.js'

function isResponse(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const headers: unknown = Reflect.get(value, 'headers')
  const hasHeaders = typeof headers === 'object' && headers !== null && 'get' in headers
  return hasHeaders && typeof Reflect.get(value, 'status') === 'number'
}

/** Sends a request with a `fetch`: the application's, or one that has replaced Node's own. */
export async function viaFetch(
  fetch: typeof globalThis.fetch,
  url: string,
  request: OutboundRequest,
): Promise<InboundAnswer> {
  const { maxBytes, ...init } = request
  const response = await fetch(url, { ...init, redirect: 'manual' })
  // The application's own, or a test's: what cannot be read is no answer.
  if (!isResponse(response)) throw new TypeError('fetch returned something else than a Response')
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
