import { hash } from 'node:crypto'

/** What the audit stream knows a session by: tells sessions apart without being one. */
export function hashSessionId(sessionId: string): string {
  return hash('sha256', sessionId, 'base64url')
}
