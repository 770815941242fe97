import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')

export interface Outcome {
  readonly status: number | null
  readonly output: string
}

/** Runs a program and keeps what it printed. */
export function run(command: string, args: readonly string[], cwd: string): Outcome {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  return { status, output: `${stdout}${stderr}` }
}

/** Runs a JavaScript program of node_modules, or a script. */
export function runNode(args: readonly string[], cwd: string): Outcome {
  return run(process.execPath, args, cwd)
}

export function toolPath(...parts: readonly string[]): string {
  return join(modules, ...parts)
}

/** Packs the package as it would be published, and unpacks it beside the tarball. */
export function packInto(folder: string): { tarball: string; unpacked: string; files: string[] } {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]
  const { stdout, stderr, status } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  const [packed] = JSON.parse(stdout)
  const tarball = join(folder, packed.filename)
  const { status: unpacking, output } = run('tar', ['-xzf', tarball, '-C', folder], folder)
  if (unpacking !== 0) throw new Error(`tar failed: ${output}`)
  const files = packed.files.map(({ path }: { path: string }) => path)
  return { tarball, unpacked: join(folder, 'package'), files }
}

/**
 * A folder with the packed package and what it needs in node_modules. Types of Express are copies, so that they find
 * each other here and never the version at the root of this repository.
 */
export function makeConsumer(
  folder: string,
  unpacked: string,
  express: { code: string; types: string; nodeTypes?: string },
): string {
  const installed = join(folder, 'node_modules')
  mkdirSync(join(installed, '@types'), { recursive: true })
  cpSync(unpacked, join(installed, 'express-cis2'), { recursive: true })
  const link = (from: string, to = from): void => {
    if (!existsSync(join(modules, from))) throw new Error(`${from} is not installed: run npm ci`)
    symlinkSync(join(modules, from), join(installed, to), 'dir')
  }
  link(express.code, 'express')
  // form-data: the types of supertest need it.
  const packages = ['express-session', 'openid-client', 'jose', 'passport', 'supertest', 'form-data']
  for (const name of packages) link(name)
  link(express.nodeTypes ?? '@types/node', '@types/node')
  for (const name of readdirSync(join(modules, '@types'))) {
    if (!['express', 'node', 'jest'].includes(name)) copyTypes(join(modules, '@types', name), installed, name)
  }
  if (!existsSync(join(modules, express.types)))
    throw new Error(`${express.types} is not installed: run npm ci`)
  copyTypes(join(modules, express.types), installed, 'express')
  const sources = ['consumer', 'login'].flatMap((name) =>
    ['ts', 'js', 'cjs'].map((ending) => `${name}.${ending}`),
  )
  for (const name of sources) cpSync(join(dirname(fileURLToPath(import.meta.url)), name), join(folder, name))
  return folder
}

/** What a package keeps for itself in its own node_modules is hoisted, as npm does where nothing else wants the place. */
function copyTypes(from: string, installed: string, name: string): void {
  const own = join(from, 'node_modules')
  const to = join(installed, '@types', name)
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !path.startsWith(own) })
  const nested = join(own, '@types')
  if (!existsSync(nested)) return
  for (const inner of readdirSync(nested)) copyTypes(join(nested, inner), installed, inner)
}

/** Compiles the consumer; every library file is checked too. */
export function compileConsumer(
  folder: string,
  settings: { type: 'module' | 'commonjs'; module: string; files: readonly string[]; outDir: string },
): Outcome {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: settings.type }))
  const compilerOptions = {
    module: settings.module,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    allowJs: true,
    checkJs: true,
    outDir: settings.outDir,
    rootDir: '.',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: settings.files }))
  return runNode([toolPath('typescript', 'bin', 'tsc'), '-p', '.', '--pretty', 'false'], folder)
}
