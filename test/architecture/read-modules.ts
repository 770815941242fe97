import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from '@swc/core'
import { isNode, nodesOf, textOf, walk, type Node } from './syntax-tree.js'

const lib = fileURLToPath(new URL('../../lib/', import.meta.url))

export type Kind = 'value' | 'type' | 'dynamic'
interface Import {
  readonly specifier: string
  readonly kind: Kind
  /** The file of lib it leads to; undefined for a package. */
  readonly target: string | undefined
}
export interface Module {
  readonly file: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly impure: readonly string[]
  readonly statements: readonly Node[]
}
function importOf(node: Node): { specifier: string; kind: Kind } | undefined {
  if (['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(node.type)) {
    const specifier = textOf(node.source)
    return specifier === undefined
      ? undefined
      : { specifier, kind: node.typeOnly === true ? 'type' : 'value' }
  }
  if (node.type === 'TsImportType') return { specifier: textOf(node.argument) ?? '(computed)', kind: 'type' }
  if (node.type === 'TsExternalModuleReference')
    return { specifier: textOf(node.expression) ?? '(computed)', kind: 'value' }
  if (node.type !== 'CallExpression' || !isNode(node.callee)) return undefined
  const isImport = node.callee.type === 'Import'
  if (!isImport && !(node.callee.type === 'Identifier' && node.callee.value === 'require')) return undefined
  const [first] = Array.isArray(node.arguments) ? node.arguments : []
  const argument: unknown = first?.expression
  return { specifier: textOf(argument) ?? '(computed)', kind: isImport ? 'dynamic' : 'value' }
}

const forbiddenMembers: Readonly<Record<string, readonly string[]>> = {
  process: ['env', 'hrtime', 'stdout', 'stderr'],
  Math: ['random'],
  performance: ['now', 'timeOrigin'],
}
const forbiddenModules = ['node:process', 'process', 'node:perf_hooks', 'perf_hooks']

/** What a file does that only some files may: read the environment, print, ask for time or chance its own way. */
function impurityOf(node: Node): string | undefined {
  if (node.type === 'MemberExpression') {
    const object = textOf(node.object)
    if (object === 'console') return 'console'
    const member = textOf(node.property)
    if (object !== undefined && member !== undefined && forbiddenMembers[object]?.includes(member))
      return `${object}.${member}`
  }
  if (node.type === 'VariableDeclarator' && isNode(node.id) && node.id.type === 'ObjectPattern') {
    const object = textOf(node.init)
    if (object !== undefined && object in forbiddenMembers) return `{ … } = ${object}`
  }
  if (node.type === 'NewExpression' && textOf(node.callee) === 'Date') {
    if (!Array.isArray(node.arguments) || node.arguments.length === 0) return 'new Date()'
  }
  if (node.type === 'CallExpression' && textOf(node.callee) === 'Date') return 'Date()'
  const imported = importOf(node)
  return imported !== undefined && forbiddenModules.includes(imported.specifier)
    ? imported.specifier
    : undefined
}

async function readModule(file: string): Promise<Module> {
  const source = await readFile(join(lib, file), 'utf8')
  const program: unknown = await parse(source, { syntax: 'typescript', target: 'es2022' })
  const nodes = [...walk(program)]
  const imports = nodes
    .flatMap((node) => importOf(node) ?? [])
    .map((found) => {
      const isLocal = found.specifier.startsWith('.')
      const path = posix.normalize(posix.join(dirname(file), found.specifier))
      return { ...found, target: isLocal ? path.replace(/\.js$/, '.ts') : undefined }
    })
  return {
    file,
    lines: source.trimEnd().split('\n').length,
    imports,
    impure: nodes.flatMap((node) => impurityOf(node) ?? []),
    statements: nodesOf(isNode(program) ? program.body : undefined),
  }
}

/** Every source file of lib, parsed. */
export async function readModules(): Promise<Module[]> {
  const files = (await readdir(lib, { recursive: true }))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
  return Promise.all(files.map(readModule))
}
