import { retry } from '../session/retry.js'
import type { SharedRecords } from '../session/shared-records.js'
import { SessionError } from '../errors.js'
import { parsePlatformRecord, type PlatformRecord } from './platform-record.js'

/** Where the tokens of one login at one application of the platform are kept. */
export interface KeptTokens {
  readonly records: SharedRecords
  readonly key: string
  /** For how long the login may still last, in seconds. */
  readonly lifetimeSeconds: number
}

/** @throws {SessionError} `ERR_CIS2_SESSION_READ` */
export async function readKept({ records, key }: KeptTokens): Promise<PlatformRecord | undefined> {
  const found = await records.get(key).catch((cause: unknown) => {
    throw new SessionError('ERR_CIS2_SESSION_READ', 'the API platform tokens could not be read', { cause })
  })
  return parsePlatformRecord(found)
}

/**
 * Writes them, and tries again when the store fails: the refresh token they replace is spent.
 *
 * @throws {SessionError} `ERR_CIS2_SESSION_WRITE`
 */
export async function writeKept(
  { records, key, lifetimeSeconds }: KeptTokens,
  record: PlatformRecord,
): Promise<void> {
  await retry(() => records.set(key, record, lifetimeSeconds)).catch((cause: unknown) => {
    throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the API platform tokens could not be kept', { cause })
  })
}

/** @throws {SessionError} `ERR_CIS2_SESSION_DESTROY` */
export async function deleteKept({ records, key }: KeptTokens): Promise<void> {
  await records.delete(key).catch((cause: unknown) => {
    throw new SessionError('ERR_CIS2_SESSION_DESTROY', 'the API platform tokens could not be deleted', {
      cause,
    })
  })
}
