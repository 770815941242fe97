import type { Cis2SessionRecord } from './session-data.js'

/** How long a login lasts, in seconds. */
export interface SessionLimits {
  readonly idleTimeoutSeconds: number
  readonly absoluteTimeoutSeconds: number
}

const idleWriteSeconds = 60
const clockStepSeconds = 60

/** Whether the login has come to its end. A login from the future, after a clock was set back, has too. */
export function isExpired(record: Cis2SessionRecord, limits: SessionLimits, now: number): boolean {
  return (
    now >= record.loggedInAt + limits.absoluteTimeoutSeconds ||
    now >= record.lastSeenAt + limits.idleTimeoutSeconds ||
    now < record.loggedInAt - clockStepSeconds
  )
}

/** Moves the idle clock, seldom enough that reading pages hardly ever writes the session. */
export function noteActivity(record: Cis2SessionRecord, limits: SessionLimits, now: number): void {
  if (now - record.lastSeenAt >= Math.min(idleWriteSeconds, limits.idleTimeoutSeconds / 4))
    record.lastSeenAt = now
}
