import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { Answer } from '../endpoint.js'
import { override } from '../faults/override.js'
import { signArtefact } from '../keys/sign-artefact.js'
import { jsonReply, type Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { authenticateClient } from './authenticate-client.js'
import { buildIdTokenClaims } from './id-token.js'
import { redeemCode } from './redeem-code.js'
import { TokenRefusal } from './token-refusal.js'

const accessTokenLifetime = 3600

/** `POST /access_token`: a code and an assertion in, the tokens out. */
export const answerToken: Answer = async (request, state) => {
  try {
    const fault = state.faults.take('token.error')
    if (fault !== undefined) throw faultRefusal(fault)
    return await issueTokens(request, state)
  } catch (error) {
    if (error instanceof TokenRefusal) return error.toReply()
    throw error
  }
}

async function issueTokens(request: Request, state: SimulatorState): Promise<Reply> {
  const form = readForm(request)
  const clock = state.faults.take('clock') ?? 0
  const now = Math.floor(Date.now() / 1000) + clock
  const client = await authenticateClient({ form, authorization: request.headers.authorization, now }, state)
  const grant = redeemCode(form, client, state)
  const { login } = grant
  const accessToken = randomBytes(32).toString('base64url')
  grant.accessToken = accessToken
  state.accessTokens.set(accessToken, login, Date.now() + accessTokenLifetime * 1000)
  state.logins.push(login)
  if (state.logins.length > 1000) state.logins.shift()

  const code = form.get('code') ?? ''
  const claims = buildIdTokenClaims({ issuer: state.issuer, login, accessToken, code, clock })
  const response = {
    access_token: accessToken,
    scope: login.request.scope.join(' '),
    id_token: await signArtefact('idToken', claims, client.idTokenSigningAlgorithm, state),
    token_type: 'Bearer',
    expires_in: accessTokenLifetime - 1,
  }
  return jsonReply(200, override(response, state.faults.take('token')))
}

function readForm(request: Request): URLSearchParams {
  const refuse = (description: string, refusal: string) =>
    new TokenRefusal('invalid_request', description, refusal)
  if (typeof request.body !== 'string')
    throw refuse(
      'grant_type is not set',
      `the body is not a form: ${request.headers['content-type'] ?? 'no type'}`,
    )
  const form = new URLSearchParams(request.body)
  const repeated = [...new Set(form.keys())].filter((name) => form.getAll(name).length > 1)
  if (repeated.length > 0) throw refuse('Invalid request.', `${repeated.join(', ')} is there more than once`)
  const grantType = form.get('grant_type')
  if (grantType === null) throw refuse('grant_type is not set', 'grant_type is missing')
  if (grantType === 'authorization_code') return form
  const description = `Grant type is not supported: ${grantType}`
  throw new TokenRefusal('unsupported_grant_type', description, `grant_type is '${grantType}'`)
}

function faultRefusal(
  fault: string | { error: string; error_description?: string; status?: number },
): TokenRefusal {
  const {
    error,
    error_description = 'A fault of the simulator.',
    status = 400,
  } = typeof fault === 'string' ? { error: fault } : fault
  return new TokenRefusal(error, error_description, 'the fault token.error is set', status)
}
