import type { Request } from 'express'
import type { Answer } from '../endpoint.js'
import { htmlReply } from '../pages/page-layout.js'
import { personPickerPage } from '../pages/person-picker-page.js'
import { queryOf } from '../query-of.js'
import type { Reply } from '../reply.js'
import type { SimulatorState } from '../simulator-state.js'
import { answerClient, refuseClient } from './answer-client.js'
import { answerChoice } from './answer-choice.js'
import type { AuthorizationRefusal, AuthorizationRequest } from './authorization-request.js'
import { parseAuthorizationRequest } from './parse-authorization-request.js'
import { refusePerson } from './refuse-person.js'

/**
 * `GET /authorize` asks who the person is; `POST` to the very same address, query included, with the form field
 * `person`, is the answer. The request is read again each time, so nothing is kept of those that are given up.
 */
export const answerAuthorize: Answer = (request, state) => {
  const read = parseAuthorizationRequest(queryOf(request), state.clients)
  if ('refused' in read) return refuse(read.refused, request, state)
  const fault = state.faults.take('authorize.error')
  if (fault !== undefined) {
    const { error, ...more } = typeof fault === 'string' ? { error: fault } : fault
    return {
      ...answerClient(read.request, { error, ...more }, request, state),
      refusal: 'the fault authorize.error is set',
    }
  }
  if (request.method === 'POST') return answerChoice(read.request, formOf(request), request, state)
  return pickerReply(read.request, state)
}

function pickerReply(authorization: AuthorizationRequest, { people, issuerPath }: SimulatorState): Reply {
  return htmlReply(200, personPickerPage(people, authorization), issuerPath, authorization.redirectUri)
}

function refuse(refused: AuthorizationRefusal, request: Request, state: SimulatorState): Reply {
  if (refused.target) return refuseClient(refused, refused.target, request, state)
  return refusePerson(refused, request, state.issuerPath)
}

function formOf(request: Request): URLSearchParams {
  return new URLSearchParams(typeof request.body === 'string' ? request.body : '')
}
