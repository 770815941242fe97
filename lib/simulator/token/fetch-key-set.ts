import type { JWK } from 'jose'

/** What came of asking a client for its keys. */
export type FetchedKeySet = { keys: readonly JWK[] } | { problem: string; isAbsent?: 'host' | 'page' }

const timeLimit = 3000
// Nobody listens at the port, or there is no such host.
const unanswered = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']
const sizeLimit = 256 * 1024

/** Asks a client for its key set, as CIS2's product does: within three seconds, and without following redirects. */
export async function fetchKeySet(uri: string, closed: AbortSignal): Promise<FetchedKeySet> {
  const problem = (text: string, isAbsent?: 'host' | 'page'): FetchedKeySet => ({
    problem: `${uri} ${text}`,
    ...(isAbsent && { isAbsent }),
  })
  try {
    const signal = AbortSignal.any([closed, AbortSignal.timeout(timeLimit)])
    const headers = { accept: 'application/json', 'user-agent': 'express-cis2-simulator' }
    const response = await fetch(uri, { redirect: 'manual', signal, headers })
    if (response.status !== 200) {
      await response.body?.cancel()
      return problem(`answered ${response.status}`, response.status === 404 ? 'page' : undefined)
    }
    const body = await readText(response)
    if (body === undefined) return problem(`sent more than ${sizeLimit} bytes`)
    const keys = parseKeySet(body)
    return keys ? { keys } : problem('did not send a JSON object with an array "keys"')
  } catch (error) {
    if (textIn(error, 'name') === 'TimeoutError') return problem('took more than 3 seconds')
    const code = textIn(memberOf(error, 'cause'), 'code')
    return problem(
      `could not be reached${code === '' ? '' : `: ${code}`}`,
      unanswered.includes(code) ? 'host' : undefined,
    )
  }
}

async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const body: ReadableStream<Uint8Array> | null = response.body
  const reader = body?.getReader()
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    size += read.value.length
    if (size > sizeLimit) {
      await reader?.cancel()
      return undefined
    }
    chunks.push(read.value)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseKeySet(text: string): readonly JWK[] | undefined {
  try {
    const set: unknown = JSON.parse(text)
    if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys))
      return undefined
    const entries: unknown[] = set.keys
    return entries.filter((key): key is JWK => typeof key === 'object' && key !== null)
  } catch {
    return undefined
  }
}

function textIn(value: unknown, name: string): string {
  const text = memberOf(value, name)
  return typeof text === 'string' ? text : ''
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
