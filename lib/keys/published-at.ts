import { KeyProblem } from './key-problem.js'

const isoDate = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/
const dayMs = 24 * 60 * 60 * 1000

/**
 * When a key was first published, in milliseconds since the epoch. A date alone counts from the end of its day in UTC,
 * so that no key is taken for older than it is.
 *
 * @throws {KeyProblem}
 */
export function parsePublishedAt(value: unknown): number {
  const [text, date, time] = typeof value === 'string' ? (isoDate.exec(value) ?? []) : []
  const at = text === undefined ? Number.NaN : Date.parse(text)
  // 30 February is a date to Date.parse().
  const isRealDay = date !== undefined && new Date(Date.parse(date) || 0).toISOString().startsWith(date)
  if (Number.isNaN(at) || !isRealDay)
    throw new KeyProblem(
      'has a "publishedAt" that is no ISO 8601 date with a time zone, such as 2026-03-01T09:00:00Z',
    )
  return time === undefined ? at + dayMs : at
}
