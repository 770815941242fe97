import { networkCode, userAgent } from '../provider/limited-fetch.js'
import { AnswerTooLarge, type AnswerHeaders } from '../provider/outbound-request.js'
import { openConnection } from '../provider/transport.js'
import { withinSignal } from '../deadline.js'

/** What came of a call: an answer of any kind, or how far it got. */
export type Reply = Answer | Silence

export interface Answer {
  readonly reached: true
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string
  /** Between asking and answering, in epoch milliseconds: the moment to compare the other side's clock with. */
  readonly at: number
}

export interface Silence {
  readonly reached: false
  /** Where it ended: the host's name, the connection, its certificate, TLS itself, the time limit, the size. */
  readonly stage: 'name' | 'connection' | 'certificate' | 'tls' | 'time' | 'size'
  /** Node's or OpenSSL's code. */
  readonly code: string
}

const largestAnswer = 256 * 1024

/** How to call. */
interface Call {
  /** A form to post. @default none: a GET */
  readonly form?: URLSearchParams
  readonly signal: AbortSignal
  /** The application's own way out. */
  readonly fetch: typeof globalThis.fetch | undefined
  /** Whose certificates count, as PEM. @default whom this process trusts */
  readonly roots: readonly string[] | undefined
}

/** Calls as a stranger would: no cookies, no credentials, no redirect followed, within a time and a size. */
export async function fetchReply(url: string, { form, signal, fetch, roots }: Call): Promise<Reply> {
  const connection = openConnection(fetch, roots)
  const headers = {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  const request =
    form === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body: form.toString() }
  const askedAt = Date.now()
  try {
    const call = connection.transport(url, { ...request, headers, signal, maxBytes: largestAnswer })
    const answer = await withinSignal(call, signal)
    const at = (askedAt + Date.now()) / 2
    return {
      reached: true,
      status: answer.status,
      headers: answer.headers,
      body: answer.body.toString('utf8'),
      at,
    }
  } catch (error) {
    if (signal.aborted) return { reached: false, stage: 'time', code: 'no answer in time' }
    if (error instanceof AnswerTooLarge) return { reached: false, stage: 'size', code: error.message }
    const code = networkCode(error)
    return { reached: false, stage: stageOf(code), code }
  } finally {
    connection.close()
  }
}

function stageOf(code: string): Silence['stage'] {
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'name'
  if (/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/.test(code)) return 'certificate'
  return /SSL|TLS|EPROTO/.test(code) ? 'tls' : 'connection'
}
