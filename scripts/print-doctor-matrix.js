// Plants every cause of a refused client, as the tests do, and prints which check names it. `npm run doctor:matrix`
import { spawnSync } from 'node:child_process'

const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
]
const only = ['--selectProjects', 'express5', '--testPathPatterns', 'test/doctor/causes', '--json', '-w', '1']
const root = new URL('..', import.meta.url)
const { stdout, stderr } = spawnSync(process.execPath, [...jest, ...only], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
})
const start = stdout.indexOf('{')
if (start === -1) throw new Error(stderr)

// The titles of the tests are the cells: number | cause | check.
const rows = JSON.parse(stdout.slice(start))
  .testResults.flatMap(({ assertionResults }) => assertionResults)
  .map(({ title, status }) => ({ cells: title.split(' | '), status }))
  .filter(({ cells }) => cells.length === 3)
  .toSorted((a, b) => (Number(a.cells[0]) || 99) - (Number(b.cells[0]) || 99))
const widest = Math.max(...rows.map(({ cells }) => cells[1].length))
for (const { cells, status } of rows) {
  const [number, cause, check] = cells
  const verdict = status === 'passed' ? check : `NOT NAMED, expected ${check}`
  console.log(`${number.padStart(2)}  ${cause.padEnd(widest)}  ${verdict}`)
}
const missed = rows.filter(({ status }) => status !== 'passed').length
console.log(`\n${rows.length} faulty set-ups, ${rows.length - missed} named first and alone.`)
process.exitCode = rows.length === 0 || missed > 0 ? 1 : 0
