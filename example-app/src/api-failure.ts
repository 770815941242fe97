/** An API of the platform that gave no answer of use. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: 'API_REFUSED' | 'API_UNAVAILABLE'
  readonly status: number
  /** The id that the request was sent with: whoever runs the API finds it by that. */
  readonly reference: string
  readonly publicTitle = 'There is a problem with this service'
  readonly publicMessage: string

  constructor(code: ApiFailure['code'], message: string, reference: string, cause?: unknown) {
    super(`${code}: ${message}`, { cause })
    this.code = code
    this.reference = reference
    const isRefused = code === 'API_REFUSED'
    this.status = isRefused ? 502 : 503
    this.publicMessage = isRefused
      ? 'A national NHS service did not accept our request. Contact your IT service desk.'
      : 'We cannot reach a national NHS service at the moment. Try again in a few minutes.'
  }
}
