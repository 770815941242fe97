import type { CheckStatus } from './check.js'
import type { Examination } from './examine.js'
import { waitsFor, type CheckResult, type Diagnosis } from './run-checks.js'

const width = 80
const labels: Readonly<Record<CheckStatus, string>> = {
  pass: 'pass',
  warning: 'WARNING',
  fail: 'FAIL',
  skipped: 'skipped',
}
const colours: Readonly<Record<CheckStatus, number>> = { pass: 32, warning: 33, fail: 31, skipped: 90 }
const gutter = 13

/**
 * The report as people read it: numbered, one line a check, and what to do about each finding. 80 columns wide, but for
 * addresses, which are never broken.
 *
 * @param colour only for a terminal
 */
export function renderReport({ diagnosis, registration, assertion }: Examination, colour: boolean): string {
  return [
    'express-cis2 doctor',
    '',
    ...diagnosis.checks.flatMap((check, index) =>
      renderCheck(withNumber(check, diagnosis.checks), index + 1, colour),
    ),
    '',
    ...summarise(diagnosis),
    ...renderTable('What the assertion says:', assertion),
    ...renderTable(
      'Compare with the registration in Connection Manager, character by character:',
      registration,
    ),
  ].join('\n')
}

/** A check that waits for another says so by its number, on the same line. */
function withNumber(check: CheckResult, checks: readonly CheckResult[]): CheckResult {
  const { found: _found, ...rest } = check
  const number = checks.findIndex(({ title }) => check.found === waitsFor + title) + 1
  return number === 0 ? check : { ...rest, title: `${check.title} (waits for ${number})` }
}

function renderCheck(
  { status, title, found, expected, fix }: CheckResult,
  number: number,
  colour: boolean,
): string[] {
  const label = labels[status].padEnd(8)
  const painted = colour ? `\u001B[${colours[status]}m${label}\u001B[0m` : label
  const [first = '', ...rest] = wrap(title)
  const lines = [`${String(number).padStart(2)}  ${painted} ${first}`, ...rest.map(indent)]
  if (status === 'pass') return lines
  if (status === 'skipped') return [...lines, ...labelled('Not made: ', found)]
  return [
    ...lines,
    ...labelled('Found:    ', found),
    ...labelled('Expected: ', expected),
    ...labelled('To do:    ', fix),
    '',
  ]
}

function labelled(label: string, text: string | undefined): string[] {
  if (text === undefined) return []
  // A ranked list reads better with a line for each.
  const paragraphs = text.split(/ (?=\d\. )/)
  const lines = paragraphs.flatMap((paragraph) => wrap(paragraph, gutter + label.length))
  return lines.map((line, index) => indent((index === 0 ? label : ' '.repeat(label.length)) + line))
}

function indent(line: string): string {
  return ' '.repeat(gutter) + line
}

function wrap(text: string, margin = gutter): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && margin + last.length + 1 + word.length <= width)
      lines.splice(-1, 1, `${last} ${word}`)
    else lines.push(word)
  }
  return lines
}

function summarise({ ok, checks }: Diagnosis): string[] {
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length
  const counts = `${count('pass')} passed, ${count('warning')} with a warning, ${count('fail')} failed, ${count('skipped')} not made.`
  const [first] = checks.filter(({ status }) => status === 'fail')
  if (first === undefined)
    return [
      counts,
      ok && count('warning') === 0 ? 'Nothing is wrong that can be seen from here.' : 'Nothing failed.',
    ]
  return [counts, ...wrap(`Mend this first: ${first.title}. Then run the doctor again.`, 0)]
}

function renderTable(title: string, table: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(table)
  if (entries.length === 0) return []
  const longest = Math.max(...entries.map(([name]) => name.length))
  return ['', title, ...entries.map(([name, value]) => `  ${name.padEnd(longest)}  ${value}`)]
}
