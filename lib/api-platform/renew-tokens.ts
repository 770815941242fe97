import { epochSeconds } from '../clock.js'
import { AccessError, Cis2Error, PlatformError } from '../errors.js'
import { present } from '../present.js'
import { deleteKept, readKept, writeKept, type KeptTokens } from './kept-tokens.js'
import type { PlatformConfig } from './platform-options.js'
import { isAlive, tokensReady, type PlatformRecord } from './platform-record.js'
import { requestExchange, requestRefresh, type PlatformCall } from './token-request.js'
import type { PlatformTokens } from './token-response.js'

/** What it takes to get the tokens of a login. */
export interface Renewal {
  readonly config: PlatformConfig
  readonly kept: KeptTokens
  /** Puts on record that there are tokens, so that the end of the login finds them. Rejects with a `SessionError`. */
  readonly noteKept: () => Promise<void>
  readonly idToken: string
  /** Seconds since the epoch. */
  readonly idTokenExpiresAt: number
  readonly send: PlatformCall['send']
  /** Whether the login has ended meanwhile, wherever that was. Rejects with a `SessionError`. */
  readonly hasEnded: () => Promise<boolean>
  /** Hears of every try. */
  readonly onTry: (how: 'issued' | 'refreshed', error?: unknown) => void
}

const pauseAfterFailureSeconds = 5
const longestPauseSeconds = 60
const endings: ReadonlySet<string> = new Set([
  'ERR_CIS2_PLATFORM_REFRESH_REFUSED',
  'ERR_CIS2_PLATFORM_REFRESH_EXPIRED',
])

/** Gets new tokens, unless somebody else has just done so. For whoever has the lock. */
export async function renewTokens(renewal: Renewal): Promise<PlatformTokens> {
  const before = await readKept(renewal.kept)
  const ready = tokensReady(before, epochSeconds())
  if (ready !== undefined) return ready
  const refreshToken = renewal.config.apiSecret === undefined ? undefined : before?.tokens?.refreshToken
  const how = refreshToken === undefined ? 'issued' : 'refreshed'
  let tokens: PlatformTokens
  try {
    tokens = await requestNew(renewal, before, refreshToken)
  } catch (error) {
    renewal.onTry(how, error)
    return await keepFailure(error, renewal, { before, isRefresh: refreshToken !== undefined })
  }
  try {
    const newest = await keepTokens(tokens, renewal, before)
    renewal.onTry(how)
    return newest
  } catch (error) {
    renewal.onTry(how, error)
    throw error
  }
}

async function requestNew(
  { config, idToken, idTokenExpiresAt, send }: Renewal,
  before: PlatformRecord | undefined,
  refreshToken: string | undefined,
): Promise<PlatformTokens> {
  const call = { send, signal: AbortSignal.timeout(config.timeoutMs) }
  const now = epochSeconds()
  const { apiSecret } = config
  if (refreshToken !== undefined && apiSecret !== undefined) {
    if ((before?.tokens?.refreshExpiresAt ?? Infinity) <= now)
      throw new PlatformError('ERR_CIS2_PLATFORM_REFRESH_EXPIRED')
    return await requestRefresh(refreshToken, { ...config, apiSecret }, call)
  }
  if (idTokenExpiresAt <= now) throw new PlatformError('ERR_CIS2_PLATFORM_ID_TOKEN_EXPIRED')
  return await requestExchange(idToken, config, call)
}

/** Keeps new tokens before anybody uses them: the refresh token that brought them is spent. */
async function keepTokens(
  tokens: PlatformTokens,
  renewal: Renewal,
  before: PlatformRecord | undefined,
): Promise<PlatformTokens> {
  const { kept } = renewal
  const latest = await readKept(kept)
  // The lock had ended, and another one has got newer tokens; its failure would be no reason to give up these.
  if (isOvertaken(latest, before)) return latest.tokens
  const generation = (latest?.generation ?? 0) + 1
  if (latest?.tokens === undefined) await renewal.noteKept()
  await writeKept(kept, { version: 1, generation, tokens, obtainedAt: epochSeconds() })
  await forgetIfEnded(renewal)
  return tokens
}

/** A logout that came meanwhile has deleted what was kept, and may have been too early for what was just written. */
async function forgetIfEnded({ kept, hasEnded }: Renewal): Promise<void> {
  if (!(await hasEnded())) return
  await deleteKept(kept)
  throw new AccessError('ERR_CIS2_NOT_LOGGED_IN')
}

/**
 * Keeps what the failure means for the next request: an end, or a pause.
 *
 * @returns the tokens of somebody who was luckier, or the old ones while they last
 */
async function keepFailure(
  error: unknown,
  renewal: Renewal,
  { before, isRefresh }: { before: PlatformRecord | undefined; isRefresh: boolean },
): Promise<PlatformTokens> {
  // Nothing was asked for.
  if (!(error instanceof Cis2Error) || error.code === 'ERR_CIS2_PLATFORM_ID_TOKEN_EXPIRED') throw error
  const { kept } = renewal
  const latest = await readKept(kept)
  if (isOvertaken(latest, before)) return latest.tokens
  const { code, retryAfterSeconds = pauseAfterFailureSeconds } = error
  const generation = (latest?.generation ?? 0) + 1
  if (isRefresh && endings.has(code)) {
    await writeKept(kept, { version: 1, generation, endedBy: code })
    throw error
  }
  const retryAt = epochSeconds() + Math.min(retryAfterSeconds, longestPauseSeconds)
  const { tokens, obtainedAt } = before ?? {}
  const failure = { code, retryAt }
  await writeKept(kept, { version: 1, generation, failure, ...present({ tokens, obtainedAt }) })
  await forgetIfEnded(renewal)
  if (isAlive(tokens, epochSeconds())) return tokens
  throw error
}

type WithTokens = PlatformRecord & { readonly tokens: PlatformTokens }

function isOvertaken(
  latest: PlatformRecord | undefined,
  before: PlatformRecord | undefined,
): latest is WithTokens {
  return (
    latest?.tokens !== undefined &&
    latest.generation !== before?.generation &&
    latest.tokens.accessToken !== before?.tokens?.accessToken
  )
}
