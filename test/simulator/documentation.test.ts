import { readFile } from 'node:fs/promises'
import { faultTable } from '../../lib/simulator/faults/fault-table.js'
import { buildPeople } from '../../lib/simulator/people/people.js'

const page = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8')
const lines = new Set(page.split('\n').map(withoutPadding))

function withoutPadding(line: string): string {
  return line.replace(/\s+/g, ' ').trim()
}

function textOf(standard: unknown): string {
  if (standard === undefined) return 'required'
  if (standard === '') return 'empty'
  return standard === true ? '–' : `\`${typeof standard === 'string' ? `'${standard}'` : String(standard)}\``
}

test.each(faultTable.map((row) => [row.title, row]))(
  'the page has the row of %s',
  (_title, { title, description }) => {
    const { values, standard, does } = description
    expect(lines).toContain(withoutPadding(`| \`${title}\` | ${values} | ${textOf(standard)} | ${does} |`))
  },
)

test('the page has no row of a fault that does not exist', () => {
  const section = page.slice(page.indexOf('## Faults'), page.indexOf('## What it does'))
  const titles = [...section.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, title]) => title)
  expect(titles.toSorted()).toEqual(faultTable.map(({ title }) => title).toSorted())
})

test.each(buildPeople().map((person) => [person.key, person]))(
  'the page has the row of %s',
  (_key, person) => {
    expect(lines).toContain(
      withoutPadding(`| \`${person.key}\` | \`${person.claims.sub}\` | ${person.description} |`),
    )
  },
)
