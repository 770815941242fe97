/**
 * An answer whose body has been read already, in the form openid-client wants. `Response` itself would wrap the text in
 * a stream for it to be read again, which costs as much as the network call.
 */
export class ReadResponse extends Response {
  readonly #text: string

  constructor(text: string, init: { status: number; contentType: string | null }) {
    const { status, contentType } = init
    super(null, { status, headers: contentType === null ? {} : { 'content-type': contentType } })
    this.#text = text
  }

  override readonly text = (): Promise<string> => Promise.resolve(this.#text)

  override readonly json = async (): Promise<unknown> => JSON.parse(await this.text())

  override readonly clone = (): ReadResponse =>
    new ReadResponse(this.#text, { status: this.status, contentType: this.headers.get('content-type') })
}
