import { urlencoded, type Request, type Response } from 'express'
import { isBodyTooLarge } from './body-too-large.js'
import { withinSignal } from './deadline.js'

/** Why a posted body is not a form that can be read. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem'
  readonly isTooLarge: boolean

  constructor(
    message: string,
    { cause, isTooLarge = false }: { cause?: unknown; isTooLarge?: boolean } = {},
  ) {
    super(message, { cause })
    this.isTooLarge = isTooLarge
  }
}

const formType = /^application\/x-www-form-urlencoded\s*(?:;|$)/i
// The type has been looked at by then: the parser's own idea of a sound header is another one in Express 4.
const parseForm = urlencoded({ extended: false, limit: '64kb', parameterLimit: 100, type: () => true })

/**
 * Reads a form that CIS2 has posted, or the browser for it, whatever body parser of the host's may have read it first.
 *
 * @returns what is in `req.body` then; see `postedField`
 * @throws {FormProblem}
 */
export async function readPostedForm(req: Request, res: Response, signal: AbortSignal): Promise<unknown> {
  if (!formType.test(req.headers['content-type'] ?? ''))
    throw new FormProblem('the body is not application/x-www-form-urlencoded')
  // Where the host has read it all, what it left in `req.body` is the body.
  if (!req.readableEnded) await parse(req, res, signal)
  if (req.body === undefined && announcesBody(req))
    throw new FormProblem('something before this route read the posted body and left nothing in req.body')
  return req.body
}

async function parse(req: Request, res: Response, signal: AbortSignal): Promise<void> {
  const problem = new Promise<unknown>((resolve) => parseForm(req, res, resolve))
  const cause = await withinSignal(problem, signal).catch(
    () => new FormProblem('the posted body did not arrive in time'),
  )
  if (cause === undefined || cause === null) return
  if (cause instanceof FormProblem) throw cause
  throw new FormProblem('the posted body cannot be read as a form', {
    cause,
    isTooLarge: isBodyTooLarge(cause),
  })
}

function announcesBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * One field of a posted form, whichever body parser of the host's has read it: fields, text or bytes.
 *
 * @returns its values in the order sent; a parser that makes lists and objects of fields leaves one value, and no text
 */
export function postedField(body: unknown, name: string): readonly unknown[] {
  if (typeof body === 'string') return new URLSearchParams(body).getAll(name)
  if (body instanceof Uint8Array) return postedField(Buffer.from(body).toString('utf8'), name)
  const isThere = typeof body === 'object' && body !== null && Object.hasOwn(body, name)
  const value: unknown = isThere ? Reflect.get(body, name) : undefined
  return value === undefined ? [] : [value]
}
