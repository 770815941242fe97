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

/** The answer was longer than allowed. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}
