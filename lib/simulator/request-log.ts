import type { Request } from 'express'
import type { Endpoint } from './faults/fault-values.js'

/**
 * Where a request went; `elsewhere` is the address that redirecting and key-naming faults point at, which a careful
 * relying party never calls.
 */
export type RequestTarget = Endpoint | 'elsewhere'

/**
 * One request that the simulator got, with everything in it: its keys and people are invented, so nothing is hidden.
 */
export interface RecordedRequest {
  readonly endpoint: RequestTarget
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed form, where there was one. */
  readonly body?: Readonly<Record<string, string>>
  /** What was answered; absent while nothing is. */
  readonly status?: number
  /** Why it was refused, more precisely than the answer said: `aud differs only by :443`. */
  readonly refusal?: string
}

/**
 * The last 1,000 requests, oldest first.
 */
export interface RequestLog extends ReadonlyArray<RecordedRequest> {
  /** How many requests an endpoint has had since the start or the last `clear()`, those no longer listed included. */
  count(endpoint: RequestTarget): number
  /** Forgets all requests. */
  clear(): void
}

/** A request whose outcome is still to be written down. */
export interface OpenRecord extends RecordedRequest {
  status?: number
  refusal?: string
}

const limit = 1000

export class RecordedRequests extends Array<RecordedRequest> implements RequestLog {
  // So that filter() and map() give ordinary arrays.
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  readonly #counts = new Map<RequestTarget, number>()

  count(endpoint: RequestTarget): number {
    return this.#counts.get(endpoint) ?? 0
  }

  clear(): void {
    this.length = 0
    this.#counts.clear()
  }

  record(endpoint: RequestTarget, request: Request): OpenRecord {
    const record: OpenRecord = {
      endpoint,
      method: request.method,
      path: request.originalUrl,
      at: Date.now(),
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      ...(typeof request.body === 'string'
        ? { body: Object.fromEntries(new URLSearchParams(request.body)) }
        : {}),
    }
    this.#counts.set(endpoint, this.count(endpoint) + 1)
    this.push(record)
    if (this.length > limit) this.shift()
    return record
  }
}
