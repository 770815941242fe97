import { randomUUID } from 'node:crypto'
import type { ErrorRequestHandler } from 'express'

/** Keeps the details in the log, and gives the person a reference that finds them there. */
export function unexpectedError(): ErrorRequestHandler {
  return (error, _req, res, next) => {
    const reference = randomUUID()
    console.error(`Unexpected error, reference ${reference}:`, error)
    if (res.headersSent) {
      next(error)
    } else {
      res.status(500).set('Cache-Control', 'no-store').render('unexpected-error', { reference })
    }
  }
}
