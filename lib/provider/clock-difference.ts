// Less is the answer's way here, and the header's whole seconds.
const worthTellingSeconds = 30

/**
 * How far CIS2's (or another's) clock is from ours by the `Date` of its answer (RFC 9110, 6.6.1), as the end of a message; nothing
 * when they agree. A wrong clock is a common cause of a refused client assertion, and CIS2 does not say so.
 */
export function describeClockDifference(date: string | null, whose = 'CIS2'): string {
  const seconds = Math.round((Date.parse(date ?? '') - Date.now()) / 1000)
  if (Number.isNaN(seconds) || Math.abs(seconds) < worthTellingSeconds) return ''
  const where = seconds < 0 ? 'behind' : 'ahead of'
  return `; ${whose}'s clock is ${Math.abs(seconds)} seconds ${where} this machine's clock`
}
