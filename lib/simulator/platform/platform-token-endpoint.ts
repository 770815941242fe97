import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { Answer } from '../endpoint.js'
import { override } from '../faults/override.js'
import { jsonReply, type Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { authenticateApplication } from './authenticate-application.js'
import { checkSubjectToken } from './check-subject-token.js'
import { invalidRequest, PlatformRefusal } from './platform-refusal.js'
import type { PlatformGrant } from './platform-state.js'
import { redeemRefreshToken } from './redeem-refresh-token.js'

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenSeconds = 599
const refreshSeconds = 43_199

/** `POST /oauth2/token`: an ID token, or a refresh token, in; the API platform's tokens out. */
export const answerPlatformToken: Answer = async (request, state) => {
  try {
    const fault = state.faults.take('platformToken.error')
    if (fault !== undefined) {
      const {
        error,
        error_description = 'A fault of the simulator.',
        status = 400,
      } = typeof fault === 'string' ? { error: fault } : fault
      throw new PlatformRefusal(status, error, error_description, 'the fault platformToken.error is set')
    }
    return issueTokens(await readGrant(readForm(request), state), state)
  } catch (error) {
    if (error instanceof PlatformRefusal) return error.toReply()
    throw error
  }
}

async function readGrant(form: URLSearchParams, state: SimulatorState): Promise<PlatformGrant> {
  const now = Math.floor(Date.now() / 1000) + (state.faults.take('clock') ?? 0)
  const grantType = form.get('grant_type')
  if (grantType === 'refresh_token') return redeemRefreshToken(form, state.platform)
  if (grantType !== exchangeGrant) {
    const what = grantType === null ? 'missing' : 'invalid'
    throw new PlatformRefusal(400, 'unsupported_grant_type', `grant_type is ${what}`)
  }
  const application = await authenticateApplication(form, now, state.platform)
  const subject = await checkSubjectToken(form, now, application, state)
  const refreshableUntil = Date.now() + refreshSeconds * 1000
  return { application, ...subject, refreshableUntil, refreshCount: 0 }
}

function issueTokens(grant: PlatformGrant, state: SimulatorState): Reply {
  const { accessTokens, refreshTokens } = state.platform
  const accessToken = randomBytes(21).toString('base64url')
  const refreshToken = randomBytes(24).toString('base64url')
  accessTokens.set(accessToken, grant, Date.now() + accessTokenSeconds * 1000)
  // A day longer than it is good for, so that the refusal can say why.
  refreshTokens.set(refreshToken, grant, grant.refreshableUntil + 24 * 60 * 60 * 1000)
  // Every number is text.
  const answer = {
    access_token: accessToken,
    expires_in: String(accessTokenSeconds),
    token_type: 'Bearer',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    refresh_token: refreshToken,
    refresh_token_expires_in: String(Math.floor((grant.refreshableUntil - Date.now()) / 1000)),
    refresh_count: String(grant.refreshCount),
  }
  return jsonReply(200, override(answer, state.faults.take('platformToken')))
}

function readForm({ body, headers }: Request): URLSearchParams {
  if (typeof body !== 'string')
    throw invalidRequest('grant_type is missing', `not a form: ${headers['content-type'] ?? 'no type'}`)
  const form = new URLSearchParams(body)
  const repeated = [...new Set(form.keys())].filter((name) => form.getAll(name).length > 1)
  if (repeated.length > 0) throw invalidRequest('Invalid request', `${repeated.join(', ')} more than once`)
  return form
}
