import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findLinks, readPage } from '../docs/markdown.js'
import { compileConsumer, makeConsumer, packInto, root, run, runNode, toolPath } from './packed-package.js'

const folder = mkdtempSync(join(tmpdir(), 'packed-'))
const { tarball, unpacked, files } = packInto(folder)
const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))

// Compilers and package checkers, each in a process of its own, on a machine that may be busy.
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pages = ['README.md', 'LICENCE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']
const references = [
  'api-platform',
  'doctor',
  'errors',
  'events',
  'keys',
  'options',
  'passport',
  'remote-signers',
  'roles',
  'sessions',
  'simulator',
  'testing-your-app',
  'without-express',
].map((name) => `docs/${name}.md`)

const decisions = readdirSync(join(root, 'docs', 'decisions')).map((name) => `docs/decisions/${name}`)

describe('the tarball', () => {
  test('holds the build of every source file, the pages people need, and nothing else', () => {
    const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replace(/\.ts$/, ''))
    const built = sources.flatMap((file) => [`dist/${file}.js`, `dist/${file}.d.ts`])
    expect(files.toSorted()).toEqual(
      ['package.json', ...pages, ...references, ...decisions, ...built].toSorted(),
    )
  })

  test('holds what its pages link to', () => {
    const broken = [...pages, ...references, ...decisions].flatMap((page) =>
      findLinks(readPage(page, readFileSync(join(unpacked, page), 'utf8')).prose)
        .filter((link) => !/^[a-z][a-z0-9+.-]*:|^#/i.test(link))
        .filter((link) => !existsSync(join(unpacked, dirname(page), link.replace(/#.*$/, ''))))
        .map((link) => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
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
  // What npm installs for somebody who starts today, whatever Node runs.
  'the newest types of Node': {
    code: 'express',
    types: join('@types', 'express'),
    nodeTypes: 'newest-node-types',
  },
}
const consumers = new Map<string, string>()

function consumerOf(name: keyof typeof generations): string {
  const made = consumers.get(name) ?? join(folder, name.toLowerCase().replaceAll(' ', '-'))
  if (!consumers.has(name)) {
    mkdirSync(made, { recursive: true })
    consumers.set(name, makeConsumer(made, unpacked, generations[name]))
  }
  return made
}

function unpackedInConsumer(): string {
  return join(consumerOf('Express 5'), 'node_modules', 'express-cis2')
}

test('an application compiles beside the newest types of Node', () => {
  const consumer = consumerOf('the newest types of Node')
  const files = ['consumer.ts', 'login.ts']
  expect(
    compileConsumer(consumer, { type: 'module', module: 'nodenext', files, outDir: 'out-newest' }),
  ).toEqual({ status: 0, output: '' })
})

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

  test.each([
    ['an ES module', 'module'],
    ['CommonJS', 'commonjs'],
  ] as const)(
    'built on Passport compiles beside the types of Passport as %s, and logs in and out',
    (_, type) => {
      const consumer = consumerOf(name)
      const outDir = `out-login-${type}`
      const compiled = compileConsumer(consumer, { type, module: 'node20', files: ['login.ts'], outDir })
      expect(compiled).toEqual({ status: 0, output: '' })
      expect(runNode([join(outDir, 'login.js')], consumer)).toEqual({
        status: 0,
        output: '200 {"sub":"555000000001","visits":1} 302 401 function\n',
      })
    },
  )

  test('is tested with the test kit from plain JavaScript, with import or with require', () => {
    const consumer = consumerOf(name)
    const files = ['login.js', 'login.cjs']
    const checked = compileConsumer(consumer, {
      type: 'module',
      module: 'node20',
      files,
      outDir: 'out-login-js',
    })
    expect(checked).toEqual({ status: 0, output: '' })
    expect(runNode(['login.js'], consumer)).toEqual({ status: 0, output: '555000000001\n' })
    expect(runNode(['login.cjs'], consumer)).toEqual({ status: 0, output: 'true function\n' })
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

test('the packages that only some applications need are optional, and no entry but their own asks for them', () => {
  expect(manifest.peerDependenciesMeta).toEqual({
    passport: { optional: true },
    supertest: { optional: true },
  })
  const imports = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => [file, readFileSync(join(unpacked, 'dist', file), 'utf8')] as const)
    .filter(([, text]) => /from ['"](?:passport|supertest)/.test(text))
  expect(imports.map(([file]) => file.replaceAll('\\', '/'))).toEqual(['testing/test-browser.js'])
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
