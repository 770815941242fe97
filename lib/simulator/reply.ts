/** What an endpoint answers, before a fault spoils it. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** Why a request was refused, precisely: for the developer, never on the wire. */
  readonly refusal?: string
}

const uncached = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }

/** JSON; `undefined` as a whole becomes an empty body. */
export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json;charset=UTF-8', ...uncached, ...headers },
    body: JSON.stringify(body) ?? '',
  }
}

/** The members in the order that CIS2's product writes them. */
export function errorReply(status: number, error: string, description: string, refusal: string): Reply {
  return { ...jsonReply(status, { error_description: description, error }), refusal }
}

/** The address goes out as it came in: rebuilding it would drop `:443`. */
export function redirectReply(location: string, status = 303): Reply {
  return { status, headers: { Location: location, ...uncached }, body: '' }
}
