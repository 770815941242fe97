// Reads Jest's JSON result and ends with `N passed, N failed`. A run without tests is a failure, and so is a test that
// was left out while CIS2_REQUIRE_ALL_SUITES asks for all. Usage: node test/package/closing-line.js results.json
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const results = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const tests = results.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ status, fullName }) => ({ status, title: `${relative('.', name)}: ${fullName}` })),
)
const titlesOf = (...statuses) =>
  tests.filter(({ status }) => statuses.includes(status)).map(({ title }) => title)
const broken = results.testResults
  .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
  .map(({ name }) => `${relative('.', name)}: did not run`)

const passed = titlesOf('passed')
const failed = [...titlesOf('failed'), ...broken]
const leftOut = titlesOf('pending', 'skipped', 'todo', 'disabled')
if (tests.length === 0) failed.push('no test has run')
if (process.env.CIS2_REQUIRE_ALL_SUITES) failed.push(...leftOut.map((title) => `${title} (left out)`))

for (const title of failed) console.log(`failed: ${title}`)
console.log(`${passed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 ? 1 : 0
