// Proves that every refusal is tested: switches one off after the other, and wants a test to go red each time.
// Usage: npm run guards [-- lib/callback lib/attempt] (all of lib/ takes about an hour)
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import config from '../../jest.config.mjs'
import { findGuards } from './mark-guards.cjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
process.chdir(root)
const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'guards-'))
const record = join(folder, 'record.tsv')
const configFile = join(folder, 'jest.config.json')

const [project] = config.projects
writeFileSync(
  configFile,
  JSON.stringify({
    ...project,
    rootDir: root,
    transform: { '^.+\\.ts$': [join(here, 'mark-guards.cjs'), Object.values(project.transform)[0][1]] },
    setupFilesAfterEnv: [join(here, 'record-guards.js')],
    // These start processes of the build in dist/, where nothing is marked.
    testMatch: ['journey', 'unit', 'simulator'].map((name) => `<rootDir>/test/${name}/**/*.test.ts`),
  }),
)

function runJest(files, env) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--config',
      configFile,
      '--bail',
      '--silent',
      '--maxWorkers=2',
      '--testTimeout=60000',
      '--runTestsByPath',
      ...files,
    ],
    { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 600_000 },
  )
  return { isGreen: status === 0, output: stdout + stderr }
}

function whoRuns() {
  const list = spawnSync(process.execPath, [
    'node_modules/jest/bin/jest.js',
    '--config',
    configFile,
    '--listTests',
  ])
  const files = list.stdout.toString().trim().split('\n')
  const { isGreen, output } = runJest(files, { GUARD_RECORD: record })
  if (!isGreen) throw new Error(`the tests are not green to begin with:\n${output.slice(-4000)}`)
  const runs = new Map()
  for (const line of readFileSync(record, 'utf8').trim().split('\n')) {
    const [guard, file] = line.split('\t')
    runs.set(guard, [...(runs.get(guard) ?? []), file])
  }
  return runs
}

const wanted = process.argv.slice(2)
const sources = readdirSync('lib', { recursive: true })
  .map((file) => join(root, 'lib', file))
  .filter((file) => file.endsWith('.ts'))
const guards = sources
  .flatMap((file) => findGuards(readFileSync(file, 'utf8'), file))
  .filter(({ name }) => wanted.length === 0 || wanted.some((folder) => name.startsWith(folder)))
const runs = whoRuns()
// Tests of single functions answer soonest.
const byCost = (a, b) => Number(a.includes('/journey/')) - Number(b.includes('/journey/'))
let missed = 0
for (const { name, text } of guards) {
  const files = (runs.get(name) ?? []).toSorted(byCost)
  const red = files.find((file) => !runJest([file], { GUARD_OFF: name }).isGreen)
  if (!red) missed += 1
  const verdict = red ? `red: ${relative(root, red)}` : files.length > 0 ? 'STILL GREEN' : 'NEVER RUN'
  console.log(`${name}  ${verdict}${red ? '' : `  ${text}`}`)
}
rmSync(folder, { recursive: true, force: true })
console.log(`${guards.length - missed} of ${guards.length} refusals are missed by a test when they are gone`)
process.exitCode = missed > 0 ? 1 : 0
