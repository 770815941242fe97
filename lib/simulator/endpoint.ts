import type { Request, RequestHandler } from 'express'
import { distortReply } from './faults/distort-reply.js'
import type { Endpoint } from './faults/fault-values.js'
import type { Reply } from './reply.js'
import { sendReply } from './send-reply.js'
import type { SimulatorState } from './simulator-state.js'

/** One endpoint: a request in, an answer out; it never touches the response. */
export type Answer = (request: Request, state: SimulatorState) => Reply | Promise<Reply>

/** The Express edge of every endpoint: records the request, lets the faults spoil the answer, sends it. */
export function endpoint(name: Endpoint, state: SimulatorState, answer: Answer): RequestHandler {
  return (request, response, next) => {
    async function respond(): Promise<void> {
      const record = state.requests.record(name, request)
      response.once('close', () => state.onRequest?.(record))
      const { refusal, ...good } = await answer(request, state)
      if (refusal !== undefined) record.refusal = refusal
      const reply = distortReply(good, name, state.faults, state)
      await sendReply(
        response,
        reply,
        (kind) => state.faults.takeTransport(name, kind),
        () => (record.status = reply.status),
      )
    }
    // Express 4 does not see a rejected promise: without this the request would hang.
    respond().catch(next)
  }
}
