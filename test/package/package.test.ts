import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { compileConsumer, makeConsumer, packInto, root, run, runNode, toolPath } from './packed-package.js'

const folder = mkdtempSync(join(tmpdir(), 'packed-'))
const { tarball, unpacked, files } = packInto(folder)
const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))

// Compilers and package checkers, each in a process of its own, on a machine that may be busy.
jest.setTimeout(120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pages = ['README.md', 'LICENCE.md', 'CHANGELOG.md', 'SECURITY.md']
const references = ['docs/errors.md', 'docs/options.md', 'docs/events.md', 'docs/simulator.md']

describe('the tarball', () => {
  test('holds the build of every source file, the pages people need, and nothing else', () => {
    const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replace(/\.ts$/, ''))
    const built = sources.flatMap((file) => [`dist/${file}.js`, `dist/${file}.d.ts`])
    expect(files.toSorted()).toEqual(['package.json', ...pages, ...references, ...built].toSorted())
  })

  test('holds no private key, secret, token or machine path', () => {
    const secret =
      /-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)*[A-Za-z0-9+/=]{40}|["']?\bd["']?:\s*["'][\w-]{40,}["']|\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.|\bnpm_[A-Za-z0-9]{30,}/
    const found = files.filter((file) => {
      const text = readFileSync(join(unpacked, file), 'utf8')
      return secret.test(text) || text.includes(root)
    })
    expect(found).toEqual([])
  })

  test('asks nobody to run a script when it is installed', () => {
    const scripts = Object.keys(manifest.scripts ?? {})
    expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
  })

  test('starts its command with a line that names Node', () => {
    const commands = Object.values<string>(manifest.bin ?? {})
    expect(commands).not.toEqual([])
    for (const file of commands) {
      expect(readFileSync(join(unpacked, file), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
      expect(run(process.execPath, [join(unpackedInConsumer(), file), '--help'], folder)).toMatchObject({
        status: 0,
      })
    }
  })

  test('passes publint without a remark', () => {
    const { status, output } = runNode(
      [toolPath('publint', 'src', 'cli.js'), 'run', unpacked, '--strict', '--pack', 'false'],
      folder,
    )
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
  })

  test('has types that every modern resolution finds (attw, ESM only)', () => {
    const attw = toolPath('@arethetypeswrong', 'cli', 'dist', 'index.js')
    const { status, output } = runNode([attw, tarball, '--profile', 'esm-only', '--format', 'ascii'], folder)
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
  })
})

const generations = {
  'Express 4': { code: 'express4', types: 'express4-types' },
  'Express 5': { code: 'express', types: join('@types', 'express') },
}
const consumers = new Map<string, string>()

function consumerOf(name: keyof typeof generations): string {
  const made = consumers.get(name) ?? join(folder, name.toLowerCase().replace(' ', '-'))
  if (!consumers.has(name)) {
    mkdirSync(made, { recursive: true })
    consumers.set(name, makeConsumer(made, unpacked, generations[name]))
  }
  return made
}

function unpackedInConsumer(): string {
  return join(consumerOf('Express 5'), 'node_modules', 'express-cis2')
}

describe.each(['Express 4', 'Express 5'] as const)('an application on %s', (name) => {
  test.each([
    ['an ES module', 'module', 'nodenext'],
    ['an ES module', 'module', 'node20'],
    ['CommonJS', 'commonjs', 'nodenext'],
    ['CommonJS', 'commonjs', 'node20'],
  ] as const)('compiles as %s and runs (%s, module %s)', (_, type, module) => {
    const consumer = consumerOf(name)
    const outDir = `out-${type}-${module}`
    expect(compileConsumer(consumer, { type, module, files: ['consumer.ts'], outDir })).toEqual({
      status: 0,
      output: '',
    })
    expect(runNode([join(outDir, 'consumer.js')], consumer)).toEqual({
      status: 0,
      output: '200 1 false\n',
    })
  })

  test('may be plain JavaScript, with import or with require', () => {
    const consumer = consumerOf(name)
    const files = ['consumer.js', 'consumer.cjs']
    const checked = compileConsumer(consumer, { type: 'module', module: 'node20', files, outDir: 'out-js' })
    expect(checked).toEqual({ status: 0, output: '' })
    expect(runNode(['consumer.js'], consumer)).toEqual({ status: 0, output: 'ready function\n' })
    expect(runNode(['consumer.cjs'], consumer)).toEqual({
      status: 0,
      output: 'refused ERR_CIS2_CONFIGURATION\n',
    })
  })
})

test('every entry of `exports` can be imported and required', () => {
  const consumer = consumerOf('Express 5')
  const entries = Object.keys(manifest.exports).map((entry) => `express-cis2${entry.slice(1)}`)
  const code = entries.filter((entry) => !entry.endsWith('.json')).map((entry) => `await import('${entry}')`)
  writeFileSync(join(consumer, 'entries.mjs'), code.join('\n'))
  writeFileSync(join(consumer, 'entries.cjs'), entries.map((entry) => `require('${entry}')`).join('\n'))
  expect(runNode(['entries.mjs'], consumer)).toEqual({ status: 0, output: '' })
  expect(runNode(['entries.cjs'], consumer)).toEqual({ status: 0, output: '' })
})
