import { epochSeconds } from '../clock.js'
import { pause } from '../deadline.js'
import { PlatformError, SessionError } from '../errors.js'
import { randomFraction } from '../random.js'
import { lockBeside } from '../session/lock-beside.js'
import type { SharedRecords } from '../session/shared-records.js'
import { readKept } from './kept-tokens.js'
import { isAlive, tokensReady } from './platform-record.js'
import { renewTokens, type Renewal } from './renew-tokens.js'
import type { PlatformTokens } from './token-response.js'

// What this process is getting just now, by the records it is kept in.
const running = new WeakMap<SharedRecords, Map<string, Promise<PlatformTokens>>>()
// The call, the writing, and a machine that is busy.
const lockSlackMs = 10_000
const pollMs = 50

/**
 * The tokens of a login, got or renewed where that is needed: once, however many requests of however many processes ask
 * at the same time.
 *
 * @throws {PlatformError} `ERR_CIS2_PLATFORM_…`
 */
export async function currentTokens(renewal: Renewal): Promise<PlatformTokens> {
  const { kept } = renewal
  const ready = tokensReady(await readKept(kept), epochSeconds())
  if (ready !== undefined) return ready
  const all = running.get(kept.records) ?? new Map<string, Promise<PlatformTokens>>()
  running.set(kept.records, all)
  const known = all.get(kept.key)
  if (known !== undefined) return await known
  const mine = renewUnderLock(renewal).finally(() => all.delete(kept.key))
  all.set(kept.key, mine)
  return await mine
}

/** Another process that is quicker does it for this one. */
async function renewUnderLock(renewal: Renewal): Promise<PlatformTokens> {
  const { kept, config } = renewal
  const locks = lockBeside(kept.records)
  const patience = AbortSignal.timeout(config.timeoutMs)
  for (;;) {
    const lock = await locks
      .take(`${kept.key}.lock`, config.timeoutMs + lockSlackMs)
      .catch((cause: unknown) => {
        throw new SessionError('ERR_CIS2_SESSION_WRITE', 'the lock of the API platform tokens failed', {
          cause,
        })
      })
    if (lock !== undefined) {
      try {
        return await renewTokens(renewal)
      } finally {
        // If it cannot be given back it ends by itself.
        await lock.release().catch(() => undefined)
      }
    }
    const record = await readKept(kept)
    const ready = tokensReady(record, epochSeconds())
    if (ready !== undefined) return ready
    if (isAlive(record?.tokens, epochSeconds())) return record.tokens
    if (patience.aborted) throw new PlatformError('ERR_CIS2_PLATFORM_BUSY')
    await pause(pollMs * (1 + randomFraction()))
  }
}
