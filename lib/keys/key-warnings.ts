import type { SettingWarning } from '../setting-warnings.js'
import { isOldEnough, isSigner } from './choose-signing-key.js'
import type { KeyMember } from './key-member.js'
import type { KeySet } from './key-set.js'

const hourMs = 60 * 60 * 1000
// How long CIS2 keeps its copy of a key set.
const cacheHours = 1
const oldDays = 365
// Clocks of two machines may differ.
const toleranceMs = 5 * 60 * 1000

/** What is unwise about a set, at this moment. */
export function checkKeySet({
  members,
  signingKey,
  waiting,
  minimumPublishedHours,
}: KeySet): SettingWarning[] {
  const now = Date.now()
  const warnings: SettingWarning[] = []
  const warn = (message: string, option = 'jwks'): void => void warnings.push({ option, message })
  if (minimumPublishedHours < cacheHours) {
    warn(
      `is below ${cacheHours} hour, for which CIS2 keeps its copy of the key set: a new key may sign before CIS2 knows it`,
      'keys.minimumPublishedHours',
    )
  }
  for (const { publicJwk, publishedAt } of members) {
    if (publishedAt !== undefined && publishedAt - now > toleranceMs && !isDateOfToday(publishedAt, now))
      warn(`has the key ${named(publicJwk.kid)} with a "publishedAt" in the future`)
  }
  const current = members.find((member) => member.signingKey === signingKey)
  if (current?.publishedAt === undefined) return warnings
  if (!isOldEnough(current, { now, minimumAge: minimumPublishedHours * hourMs })) {
    warn(
      current.status === 'active'
        ? `has the key ${named(signingKey.kid)} marked "active" before it was published for ${minimumPublishedHours} hours: as long as CIS2 keeps an older copy of the key set, logins fail`
        : `signs with the key ${named(signingKey.kid)}, which was not published for ${minimumPublishedHours} hours: there is no older one. Nothing is lost by it if this is the client's first key`,
    )
  }
  if (waiting.length === 0 && now - current.publishedAt > oldDays * 24 * hourMs)
    warn(
      `has the key ${named(signingKey.kid)} signing for more than ${oldDays} days, and no next key: add one`,
    )
  return warnings
}

/**
 * What is unwise about taking keys away.
 *
 * @param lastSigned the keys that signed within the last hour, and when: milliseconds since the epoch
 */
export function checkDroppedKeys(
  members: readonly KeyMember[],
  previous: KeySet,
  lastSigned: ReadonlyMap<string, number>,
): SettingWarning[] {
  const kids = new Set(members.map(({ publicJwk }) => publicJwk.kid))
  return previous.members
    .filter((member) => isSigner(member) && !kids.has(member.publicJwk.kid))
    .flatMap(({ publicJwk: { kid } }) => {
      if (kid === previous.signingKey.kid)
        return {
          option: 'jwks',
          message: `no longer has the key ${named(kid)}, which signed until now: keep it as "retired" for an hour, or logins that are under way fail, and those of processes that still sign with it`,
        }
      const at = lastSigned.get(kid)
      if (at === undefined) return []
      const minutes = Math.floor((Date.now() - at) / 60_000)
      return {
        option: 'jwks',
        message: `no longer has the key ${named(kid)}, which was retired ${minutes} minutes ago: keep retired keys for an hour, until every process has the new set`,
      }
    })
}

// A date alone counts from the end of its day.
function isDateOfToday(publishedAt: number, now: number): boolean {
  return publishedAt % (24 * hourMs) === 0 && publishedAt - now <= 24 * hourMs
}

function named(kid: string): string {
  return JSON.stringify(kid)
}
