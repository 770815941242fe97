import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { TransportFaults } from './faults/fault-values.js'
import { bytesOf, firstHalf } from './faults/distort-reply.js'
import type { Reply } from './reply.js'

type Take = <K extends keyof TransportFaults>(kind: K) => TransportFaults[K] | undefined

/**
 * Sends an answer, in the way that the transport faults ask for. Every wait ends when the connection does: the
 * simulator closes by cutting its connections.
 */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  take: Take,
  begins: () => void,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const delay = take('delay')
    if (delay !== undefined) await pause(delay, undefined, { signal: gone.signal })
    await sendBytes(response, reply, take, begins, gone.signal)
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

async function sendBytes(
  response: ServerResponse,
  reply: Reply,
  take: Take,
  begins: () => void,
  gone: AbortSignal,
): Promise<void> {
  const body = bytesOf(reply)
  if (take('hang')) return
  const reset = take('reset')
  const drip = take('drip')
  const huge = take('huge')
  if (reset === 'at-once') {
    response.socket?.resetAndDestroy()
    return
  }
  begins()
  // No Content-Length: the body is then chunked, and what is cut off cannot be taken for the end.
  response.writeHead(reply.status, reply.headers)
  if (reset) return sendHalf(response, body)
  if (drip !== undefined) return pipeline(Readable.from(bytesApart(body, drip, gone)), response)
  if (huge !== undefined) return pipeline(Readable.from(behindSpace(body, huge)), response)
  response.end(body)
}

function sendHalf(response: ServerResponse, body: Buffer): void {
  response.write(firstHalf(body), () => response.socket?.resetAndDestroy())
}

async function* bytesApart(body: Buffer, milliseconds: number, gone: AbortSignal): AsyncGenerator<Buffer> {
  for (let index = 0; index < body.length; index += 1) {
    yield body.subarray(index, index + 1)
    await pause(milliseconds, undefined, { signal: gone })
  }
}

function* behindSpace(body: Buffer, bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length))
  yield body
}
