import { randomUUID } from 'node:crypto'
import { jsonReply, type Reply } from '../reply.js'

/** A request that the platform refuses: what the application is told, and what was really wrong. */
export class PlatformRefusal extends Error {
  override readonly name = 'PlatformRefusal'
  readonly status: number
  readonly error: string
  readonly refusal: string

  constructor(status: number, error: string, description: string, refusal = description) {
    super(description)
    this.status = status
    this.error = error
    this.refusal = refusal
  }

  toReply(): Reply {
    const body = { error: this.error, error_description: this.message, message_id: randomUUID() }
    return { ...jsonReply(this.status, body), refusal: this.refusal }
  }
}

/** Most of what is wrong with a request. */
export function invalidRequest(description: string, refusal?: string): PlatformRefusal {
  return new PlatformRefusal(400, 'invalid_request', description, refusal)
}
