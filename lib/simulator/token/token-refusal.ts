import { errorReply, type Reply } from '../reply.js'

/** A token request that is refused: what the client is told, and what was really wrong. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal'
  readonly error: string
  readonly refusal: string
  readonly status: number

  constructor(error: string, description: string, refusal: string, status = 400) {
    super(description)
    this.error = error
    this.refusal = refusal
    this.status = status
  }

  toReply(): Reply {
    return errorReply(this.status, this.error, this.message, this.refusal)
  }
}

/** The one text that CIS2 has for almost everything about an assertion. */
export function notValid(refusal: string): TokenRefusal {
  return new TokenRefusal('invalid_client', 'JWT is not valid', refusal)
}

/** The one text that CIS2 has for almost everything about a code. */
export function invalidGrant(refusal: string): TokenRefusal {
  const description = 'The provided access grant is invalid, expired, or revoked.'
  return new TokenRefusal('invalid_grant', description, refusal)
}
