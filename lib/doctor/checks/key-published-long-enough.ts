import { fail, pass, skipped, warning, type Check } from '../check.js'
import type { Evidence } from '../evidence.js'
import { fitsAnOldKeySet } from '../explain-refusal.js'
import { whatTheClientNeeds } from '../what-the-client-needs.js'

const hour = 60 * 60
const day = 24 * hour

export const keyPublishedLongEnough: Check = {
  id: 'key-published-long-enough',
  title: 'The key was published long enough before it signs',
  meaning:
    'CIS2 keeps a copy of the key set for up to an hour: a key that is newer than that may be unknown to it. A day is safe. The age is known from the key’s `publishedAt`, else from the key set’s `Last-Modified`.',
  remedy:
    'Publish a new key a day before it signs, and keep an old one published for a day after; see docs/keys.md.',
  needs: [],
  unless: whatTheClientNeeds,
  async run(evidence) {
    const seconds = ageOf(evidence)
    if (evidence.keySet?.reached !== true) return skipped('there is no key set to judge by')
    if (seconds === undefined) return pass('its age is not known')
    if (seconds >= day) return pass()
    const isNew = seconds < hour
    const doubt = isNew
      ? 'CIS2 may still have the copy from before'
      : 'CIS2 keeps a copy for an hour, a day is safe'
    const what = evidence.settings.publishedAt === undefined ? 'the key set changed' : 'the key was published'
    const found = `${what} ${words(seconds)} ago; ${doubt}`
    const trouble = {
      found,
      expected: 'a key that has been published for an hour at least, and for 24 hours to be safe',
      fix: isNew
        ? 'Sign with the old key again until the new one has been published for an hour, then try again.'
        : 'Nothing to mend if logins work. Next time publish the new key a day before it signs.',
    }
    if (!isNew) return warning(trouble)
    if (await isKnownToCis2(evidence)) return pass('new, and CIS2 has it already')
    return fail(trouble)
  },
}

async function isKnownToCis2({ probe, said }: Evidence): Promise<boolean> {
  if (said !== undefined) return !fitsAnOldKeySet(said)
  return 'send' in probe && (await probe.send()).outcome === 'authenticated'
}

function ageOf({ settings, keySet }: Evidence): number | undefined {
  const modified = keySet?.reached === true ? keySet.headers.get('last-modified') : null
  // The set also changes for a key that does not sign yet.
  const time = settings.publishedAt ?? Date.parse(modified ?? '')
  return Number.isNaN(time) ? undefined : Math.max(0, (Date.now() - time) / 1000)
}

function words(seconds: number): string {
  return seconds < 2 * hour ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / hour)} hours`
}
