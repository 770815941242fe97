import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, extname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allChecks } from '../lib/doctor/all-checks.js'
import { platformErrorTexts } from '../lib/api-platform/error-texts.js'
import { errorCodes, publicMessages } from '../lib/error-codes.js'
import { compileSamples } from './docs/compile-samples.js'
import { interfaceMembers, objectKeys } from './docs/declared-names.js'
import {
  findAnchors,
  findExplainedNames,
  findHeadings,
  findLinks,
  findUnevenRows,
  readPage,
} from './docs/markdown.js'

const root = fileURLToPath(new URL('..', import.meta.url))

async function findPages(folder: string, isDeep: boolean): Promise<string[]> {
  if (!existsSync(join(root, folder))) return []
  const names = await readdir(join(root, folder), { recursive: isDeep })
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
}

const files = [
  ...(await findPages('.', false)),
  ...(await findPages('docs', true)),
  ...(await findPages('example-app', false)),
  ...(await findPages('bench', false)),
].toSorted()
const pages = await Promise.all(
  files.map(async (file) => ({ file, ...readPage(file, await readFile(join(root, file), 'utf8')) })),
)
const proseOf = (file: string): string => {
  const page = pages.find((candidate) => candidate.file === file)
  if (!page) throw new Error(`${file} does not exist`)
  return page.prose
}

describe('the samples', () => {
  const samples = pages
    .filter(({ file }) => file === 'README.md' || file.startsWith('docs'))
    .flatMap(({ blocks }) => blocks)
    .filter(({ language }) => language === 'ts' || language === 'typescript')
  const skipped = samples.filter(({ note }) => note.startsWith('no-compile'))

  test('of README.md and docs compile against the built package', () => {
    expect(existsSync(join(root, 'dist', 'index.d.ts')) ? 'built' : 'run `npm run build` first').toBe('built')
    expect(samples.filter(({ file }) => file === 'README.md')).not.toHaveLength(0)
    expect(
      compileSamples(
        root,
        samples.filter((sample) => !skipped.includes(sample)),
      ),
    ).toEqual([])
  }, 60_000)

  test('that are not compiled say why', () => {
    const silent = skipped.filter(({ note }) => !/^no-compile\W+\w+(\W+\w+)+/.test(note))
    expect(silent.map(({ file, line }) => `${file}:${line}`)).toEqual([])
  })
})

test('README.md mounts every route of `Cis2` one by one, and says of each what to set when it stands elsewhere', async () => {
  const source = await readFile(join(root, 'lib', 'cis2.ts'), 'utf8')
  const parts = [...source.matchAll(/^ {2}(\w+)\(\): RequestHandler$/gm)].flatMap(([, name]) => name ?? [])
  const { blocks } = readPage('README.md', await readFile(join(root, 'README.md'), 'utf8'))
  const sample = blocks.find(({ code }) => code.includes('app.use(cis2.authenticate())'))?.code ?? ''
  const mounted = [...sample.matchAll(/cis2\.(\w+)\(\)/g)].flatMap(([, name]) => name ?? [])
  expect(mounted.toSorted()).toEqual(parts.filter((name) => name !== 'router').toSorted())
  expect(
    findExplainedNames(proseOf('README.md'), 'Mounted elsewhere')
      .filter((name) => name.startsWith('cis2.'))
      .toSorted(),
  ).toEqual(
    parts
      .filter((name) => !['router', 'authenticate'].includes(name))
      .map((name) => `cis2.${name}()`)
      .toSorted(),
  )
})

test('every row of a table has as many cells as its heading', () => {
  const uneven = pages.flatMap(({ file, prose }) => findUnevenRows(prose).map((row) => `${file}: ${row}`))
  expect(uneven).toEqual([])
})

test('every relative link leads somewhere', () => {
  const broken = pages.flatMap(({ file, prose }) =>
    findLinks(prose)
      .filter((link) => !isReachable(file, link))
      .map((link) => `${file}: ${link}`),
  )
  expect(broken).toEqual([])
})

function isReachable(file: string, link: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return true
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)))
  if (target.startsWith('..') || !existsSync(join(root, target))) return false
  const page = pages.find((candidate) => candidate.file === target)
  return anchor === undefined || page === undefined || findAnchors(page.prose).includes(anchor)
}

describe('the reference pages', () => {
  test('docs/errors.md is what `npm run docs` writes', async () => {
    const script = join(root, 'scripts', 'write-reference.js')
    const written = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' })
    expect(await readFile(join(root, 'docs', 'errors.md'), 'utf8')).toBe(written)
  })

  test('docs/doctor.md is what `npm run docs` writes', async () => {
    const script = join(root, 'scripts', 'write-doctor-page.js')
    const written = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' })
    expect(await readFile(join(root, 'docs', 'doctor.md'), 'utf8')).toBe(written)
    for (const { id } of allChecks) expect(findHeadings(proseOf(join('docs', 'doctor.md')))).toContain(id)
  })

  test('docs/errors.md has a heading for every error code and for nothing else', async () => {
    const codes = await objectKeys(join(root, 'lib', 'error-codes.ts'), 'errorCodes')
    const headings = findHeadings(proseOf(join('docs', 'errors.md'))).flatMap(
      (title) => /^`?(ERR_CIS2_\w+)`?$/.exec(title)?.[1] ?? [],
    )
    expect(codes.length).toBeGreaterThan(0)
    expect(headings.toSorted()).toEqual(codes.toSorted())
  })

  test('docs/errors.md says of every code what lib/error-codes.ts says', () => {
    const page = proseOf(join('docs', 'errors.md')).replace(/\s+/g, ' ')
    const outdated = Object.entries(errorCodes).filter(([code, { status, kind, cause, help }]) => {
      const { title, message } = publicMessages[kind]
      const section = `## ${code} - **Cause:** ${cause} - **What to do:** ${help} - **Status:** ${status} - **What the person reads:** “${title}. ${message}”`
      return !page.includes(section.replace(/\s+/g, ' '))
    })
    expect(outdated.map(([code]) => `${code}: run node scripts/write-reference.js`)).toEqual([])
  })

  test('docs/options.md explains every option and nothing else', async () => {
    const options = await interfaceMembers(join(root, 'lib', 'config', 'options.ts'), 'Cis2Options')
    const explained = findExplainedNames(proseOf(join('docs', 'options.md')), 'Option').map((name) =>
      name.replace(/[.[(].*$/, ''),
    )
    expect([...new Set(explained)].toSorted()).toEqual(options.toSorted())
  })

  test('docs/api-platform.md explains every option, and all that the platform says', async () => {
    const file = join(root, 'lib', 'api-platform', 'platform-options.ts')
    const page = proseOf(join('docs', 'api-platform.md'))
    const explained = findExplainedNames(page, 'Option')
    expect(explained.toSorted()).toEqual((await interfaceMembers(file, 'PlatformOptions')).toSorted())
    const lines = page.split('\n').map((line) => line.replace(/\s+/g, ' ').trim())
    const missing = platformErrorTexts.filter(
      ({ text, cause, fix }) => !lines.includes(`| ${text} | ${cause} | ${fix} |`),
    )
    expect(missing.map(({ text }) => text)).toEqual([])
  })

  test('docs/events.md explains every event and nothing else', async () => {
    const events = await interfaceMembers(join(root, 'lib', 'events.ts'), 'Cis2Events')
    const explained = findExplainedNames(proseOf(join('docs', 'events.md')), 'Event')
    expect(explained.toSorted()).toEqual(events.toSorted())
  })
})

describe('the files under version control', () => {
  const binary = ['.png', '.jpg', '.ico', '.woff', '.woff2']
  const committed = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
    { cwd: root, encoding: 'utf8' },
  )
    .split('\0')
    .filter((file) => file !== '' && !binary.includes(extname(file)) && existsSync(join(root, file)))

  // A path of one developer's or one build machine, and anything that says where packages were fetched from.
  const machinePath = /(?<![\w.:~-])\/(?:home|Users|root|work)\/[\w.-]+|[A-Z]:\\Users\\/
  const registry =
    /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\.|\bnpm\.pkg\.github\.|artifac[t]ory|_auth[T]oken/i

  test('name no machine, home folder or package registry', async () => {
    const own = [root.replace(/\/$/, ''), homedir()].filter((path) => path.split('/').length > 2)
    const found: string[] = []
    for (const file of committed) {
      const lines = (await readFile(join(root, file), 'utf8')).split('\n')
      lines.forEach((line, index) => {
        const isNamed =
          machinePath.test(line) || registry.test(line) || own.some((path) => line.includes(path))
        if (isNamed) found.push(`${file}:${index + 1}: ${line.trim().slice(0, 120)}`)
      })
    }
    expect(committed.length).toBeGreaterThan(0)
    expect(found).toEqual([])
  })

  test('lock packages by integrity, not by the address of a registry', async () => {
    const locks = committed.filter((file) => file.endsWith('package-lock.json'))
    const fetched: string[] = []
    for (const file of locks) {
      const { packages } = JSON.parse(await readFile(join(root, file), 'utf8'))
      for (const [name, { resolved = '' }] of Object.entries<{ resolved?: string }>(packages))
        if (/^(https?|git)/.test(resolved)) fetched.push(`${relative('.', file)}: ${name}`)
    }
    expect(locks).toContain('package-lock.json')
    expect(fetched).toEqual([])
  })
})
