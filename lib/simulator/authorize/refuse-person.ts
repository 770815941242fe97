import type { Request } from 'express'
import { errorPage } from '../pages/error-page.js'
import { htmlReply } from '../pages/page-layout.js'
import { jsonReply, type Reply } from '../reply.js'
import type { AuthorizationRefusal } from './authorization-request.js'

/** Whether the answer is for a test, which has no use for a page. */
export function acceptsOnlyJson({ headers }: Request): boolean {
  return headers.accept === 'application/json'
}

/** Says why not where the browser can be sent nowhere: with a page, or to a test as JSON. */
export function refusePerson(
  { error, description, refusal }: AuthorizationRefusal,
  request: Request,
  issuerPath: string,
): Reply {
  if (!acceptsOnlyJson(request))
    return { ...htmlReply(400, errorPage(error, description, refusal), issuerPath), refusal }
  return { ...jsonReply(400, { error, error_description: description, refusal }), refusal }
}
