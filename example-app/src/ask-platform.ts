import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { buildRoleHeader, exchangeIdToken, explainPlatformError, getUser } from 'express-cis2'
import { ApiFailure } from './api-failure.js'
import type { Detail } from './describe-person.js'
import type { Platform } from './platform-settings.js'

const patienceMs = 15_000

/** Asks the API on behalf of the person who is logged in, in the role that they work in. */
export async function askPlatform(req: Request, { options, apiUrl }: Platform): Promise<Detail[]> {
  // First, because it may say that a role has to be chosen: no token is needed for that.
  const role = buildRoleHeader(getUser(req))
  const { accessToken } = await exchangeIdToken(req, options)
  const requestId = randomUUID()
  const { status, text } = await send(apiUrl, requestId, {
    accept: 'application/json',
    authorization: `Bearer ${accessToken}`,
    'x-request-id': requestId,
    ...role,
  })
  // Its words may hold something about a person, and this goes into the log: only what is known of them is kept.
  const { cause = '', fix = '' } = explainPlatformError(text) ?? {}
  const said = `${apiUrl} answered with status ${status}. ${cause} ${fix}`.trim()
  if (status >= 500) throw new ApiFailure('API_UNAVAILABLE', said, requestId)
  if (status !== 200) throw new ApiFailure('API_REFUSED', said, requestId)
  const answer = describeAnswer(text)
  if (answer === undefined)
    throw new ApiFailure('API_UNAVAILABLE', `${said} It is no JSON object.`, requestId)
  return answer
}

async function send(
  apiUrl: string,
  requestId: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  try {
    // A redirect would take the token elsewhere.
    const answer = await fetch(apiUrl, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    })
    return { status: answer.status, text: await answer.text() }
  } catch (cause) {
    throw new ApiFailure('API_UNAVAILABLE', `${apiUrl} could not be reached`, requestId, cause)
  }
}

/** The members of a JSON object, to be shown as they are. */
function describeAnswer(text: string): Detail[] | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null) return undefined
    return Object.entries(answer).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }))
  } catch {
    return undefined
  }
}
