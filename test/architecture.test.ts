import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCycles, reachedFrom } from './architecture/import-graph.js'
import { readModules } from './architecture/read-modules.js'
import {
  expressTypeOnly,
  levels,
  longestFile,
  longFiles,
  packages,
  readsEnvironment,
  refusal,
  roomOf,
  sideRooms,
} from './architecture/rooms.js'
import { isNode } from './architecture/syntax-tree.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = await readModules()
const byFile = new Map(modules.map((module) => [module.file, module]))
const files = modules.map(({ file }) => file)
const rooms = [...new Set(files.map(roomOf))]
const knownRooms = [...levels.flat(), ...Object.keys(sideRooms)]

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

describe('the rooms of lib', () => {
  test('are all in the table', () => {
    expect(files.filter((file) => !knownRooms.includes(roomOf(file)))).toEqual([])
    expect(files.length).toBeGreaterThan(0)
  })

  test('import only files that exist', () => {
    const lost = modules.flatMap(({ file, imports }) =>
      imports
        .filter(({ target, specifier }) => specifier === '(computed)' || (target && !byFile.has(target)))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    )
    expect(lost).toEqual([])
  })

  test('import downwards only, and stages meet through provider and session', () => {
    const upwards = modules.flatMap(({ file, imports }) =>
      imports.flatMap(({ target, kind }) => {
        const reason = target === undefined ? undefined : refusal(file, target, kind)
        return reason === undefined ? [] : [`${file} imports ${target}: ${reason}`]
      }),
    )
    expect(upwards).toEqual([])
  })

  test('have no cycle, type imports included', () => {
    expect(findCycles(modules)).toEqual([])
  })

  test('are named after what they hold', () => {
    const vague = /(^|\/)(utils?|helpers?|common|shared|misc|types)(\/|\.ts$)/
    expect(files.filter((file) => vague.test(file))).toEqual([])
    expect(
      files.filter((file) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file)),
    ).toEqual([])
  })

  test('are all named in the tree of CONTRIBUTING.md, and the tree names nothing else', async () => {
    const guide = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')
    const tree = /^lib\/\n((?: {2}.*\n)+)/m.exec(guide)?.[1] ?? ''
    const named = [...tree.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => (name ?? '').replace(/(\/|\.ts)$/, ''))
    expect(rooms.filter((room) => !named.includes(room))).toEqual([])
    expect(named.filter((name) => !rooms.includes(name))).toEqual([])
  })
})

describe('packages', () => {
  test('are imported only where they belong', () => {
    const misplaced = modules.flatMap(({ file, imports }) =>
      imports.flatMap(({ specifier, kind, target }) => {
        if (target !== undefined || specifier.startsWith('node:')) return []
        const rule = packages.find(({ name }) => name === packageOf(specifier))
        if (rule === undefined) return [`${file} imports ${specifier}: it is not a dependency`]
        const isTypeHere = rule.name === 'express' && kind === 'type' && expressTypeOnly.includes(file)
        return rule.allowed.test(file) || isTypeHere ? [] : [`${file} imports ${specifier}: ${rule.because}`]
      }),
    )
    expect(misplaced).toEqual([])
  })

  test('needed at run time are openid-client and jose, and nothing more without a decision page', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    expect(Object.keys(manifest.dependencies)).toEqual(['jose', 'openid-client'])
  })
})

describe('the main entry', () => {
  const entry = byFile.get('index.ts')

  test('holds exports and nothing else', () => {
    const others = (entry?.statements ?? []).filter(
      ({ type, source }) =>
        !(type === 'ExportAllDeclaration' || (type === 'ExportNamedDeclaration' && isNode(source))),
    )
    expect(others.map(({ type }) => type)).toEqual([])
  })

  test('never reaches the simulator, the test kit, the command line or the Passport strategy', () => {
    const reached = reachedFrom('index.ts', modules, ['value', 'type', 'dynamic'])
    const forbidden = ['simulator', 'testing', 'cli', 'passport']
    expect([...reached].filter(([file]) => forbidden.includes(roomOf(file))).map(([, path]) => path)).toEqual(
      [],
    )
  })

  test('loads the doctor only when it is called', () => {
    const loaded = reachedFrom('index.ts', modules, ['value'])
    expect([...loaded].filter(([file]) => roomOf(file) === 'doctor').map(([, path]) => path)).toEqual([])
  })
})

describe('the guards', () => {
  test('let a request through in the one file that judges it, and in the one with exceptions', async () => {
    const guards = files.filter((file) => roomOf(file) === 'guards')
    const letting: string[] = []
    for (const file of guards) {
      const source = await readFile(join(root, 'lib', file), 'utf8')
      // Called with nothing, or handed on as it is, as a callback that is given nothing would call it.
      if (/\bnext\(\)|\.then\(next\b/.test(source)) letting.push(file)
    }
    expect(letting).toEqual(['guards/create-guard.ts', 'guards/require-login.ts'])
  })
})

describe('every file', () => {
  test('leaves the environment and the terminal to the command line', () => {
    const found = modules
      .filter(({ file }) => !readsEnvironment.test(file))
      .flatMap(({ file, impure }) =>
        impure.filter((what) => /process|console/.test(what)).map((what) => `${file}: ${what}`),
      )
    expect(found).toEqual([])
  })

  test('takes the time from Date.now() and chance from node:crypto', () => {
    const found = modules.flatMap(({ file, impure }) =>
      impure
        .filter((what) => !/process\.(env|std)|= process|console|node:process|^process$/.test(what))
        .map((what) => `${file}: ${what}`),
    )
    expect(found).toEqual([])
  })

  test('has at most 200 lines, or a reason', () => {
    const long = modules.filter(({ file, lines }) => lines > longestFile && !(file in longFiles))
    expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([])
    const excused = Object.keys(longFiles).filter((file) => (byFile.get(file)?.lines ?? 0) <= longestFile)
    expect(excused).toEqual([])
  })
})
