import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPage } from './markdown.js'
import { SampleFolder } from './run-samples.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['testing-your-app.md', 'passport.md', 'api-platform.md'].map((page) => join('docs', page))
const blocks = pages.flatMap((page) => readPage(page, readFileSync(join(root, page), 'utf8')).blocks)
const folder = new SampleFolder(root, blocks)
afterAll(() => folder.remove())

test('the package is built, and every page has tests to run', () => {
  expect(existsSync(join(root, 'dist', 'testing', 'index.js')) ? 'built' : 'run `npm run build`').toBe(
    'built',
  )
  expect(folder.tests).toEqual(
    expect.arrayContaining([
      'patients.test.js',
      'jest.test.js',
      'passport-app.test.js',
      'platform-app.test.js',
    ]),
  )
})

test.each(folder.tests)(
  '%s of the pages passes as it stands there',
  (name) => {
    const { status, output } = folder.run(name)
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
    // A runner that found nothing would be content as well.
    expect(output).toMatch(/# pass [1-9]|Tests: +[1-9]\d* passed/)
  },
  60_000,
)
