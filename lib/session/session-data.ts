// Stays in the .d.ts and vanishes from the .js: without it the augmentation below reaches no consumer.
export type {} from 'express-session'

/** The tokens of a login. They live in the session on the server and never reach the browser. */
export interface Cis2Tokens {
  readonly idToken: string
  readonly accessToken?: string
  /** When the access token ends, in seconds since the epoch; absent when CIS2 did not say. */
  readonly expiresAt?: number
  readonly scope?: string
}

/**
 * This library's own record in the host's session, at `req.session.cis2`. Small, because express-session parses,
 * hashes and compares it on every request; what is rarely read is one compact string.
 */
export interface Cis2SessionRecord {
  /** The shape of the record. Another one is a logged-out session, not a crash. */
  readonly version: 1
  /** Which client's login it is: two instances in one application do not take each other's. */
  readonly client: string
  readonly sub: string
  /** CIS2's session id, for back-channel logout. */
  readonly sid?: string
  /** Seconds since the epoch. */
  readonly loggedInAt: number
  /** When CIS2 issued the ID token, in seconds since the epoch by CIS2's clock, as logout tokens have it too. */
  readonly issuedAt: number
  /** Seconds since the epoch, renewed at most once a minute. */
  lastSeenAt: number
  /** The keys of what is kept beside the session for this login, and deleted when it ends. */
  keptBeside?: readonly string[]
  /** Tokens and claims, packed by `packLogin`. */
  readonly login: string
  /** The `person_roleid` that the person has chosen in the application; it stands before what CIS2 said. */
  readonly roleId?: string
}

declare module 'express-session' {
  interface SessionData {
    cis2?: Cis2SessionRecord
  }
}

/** Any value from a session → the record, when it is one of this version and of this client. */
export function parseSessionRecord(value: unknown, client: string): Cis2SessionRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  // Each member is looked at below before the record is believed.
  const record = value as Cis2SessionRecord
  const isWhole =
    record.version === 1 &&
    record.client === client &&
    isText(record.sub) &&
    (record.sid === undefined || isText(record.sid)) &&
    Number.isFinite(record.loggedInAt) &&
    Number.isFinite(record.issuedAt) &&
    Number.isFinite(record.lastSeenAt) &&
    (record.keptBeside === undefined || Array.isArray(record.keptBeside)) &&
    isText(record.login) &&
    (record.roleId === undefined || isText(record.roleId))
  return isWhole ? record : undefined
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
