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

/** Whole seconds until the login ends: by idleness, by its age, and by whichever comes first. */
export function secondsLeft(
  { lastSeenAt, loggedInAt }: Cis2SessionRecord,
  { idleTimeoutSeconds, absoluteTimeoutSeconds }: SessionLimits,
  now: number,
): { secondsLeft: number; idleSecondsLeft: number; absoluteSecondsLeft: number } {
  const idleSecondsLeft = Math.max(0, Math.floor(lastSeenAt + idleTimeoutSeconds - now))
  const absoluteSecondsLeft = Math.max(0, Math.floor(loggedInAt + absoluteTimeoutSeconds - now))
  return { secondsLeft: Math.min(idleSecondsLeft, absoluteSecondsLeft), idleSecondsLeft, absoluteSecondsLeft }
}

/** The person says that they are still there. */
export function extend(record: Cis2SessionRecord, now: number): void {
  // A script that posts all the time writes the session once a second at most.
  if (now - record.lastSeenAt >= 1) record.lastSeenAt = now
}

/** Moves the idle clock, seldom enough that reading pages hardly ever writes the session. */
export function noteActivity(
  record: Cis2SessionRecord,
  limits: SessionLimits,
  now: number,
  isActivity: () => boolean,
): void {
  const isDue = now - record.lastSeenAt >= Math.min(idleWriteSeconds, limits.idleTimeoutSeconds / 4)
  if (isDue && isActivity()) record.lastSeenAt = now
}
