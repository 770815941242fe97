import type { ServerResponse } from 'node:http'

/**
 * Sends the browser on. Not `res.redirect()`: it would write the address, with its state, into an HTML body as well.
 * An application that has answered already, as after a time-out of its own, is left in peace.
 */
export function redirect(res: ServerResponse, status: 302 | 303, location: string): void {
  if (res.headersSent) return
  res.statusCode = status
  res.setHeader('Location', location)
  res.end()
}
