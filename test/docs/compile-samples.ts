import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileNameOf, type Block } from './markdown.js'

const options = {
  target: 'es2022',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
}

/** Type-checks every block as a module of an application that has the built package installed. */
export function compileSamples(root: string, blocks: readonly Block[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'samples-'))
  try {
    // The workspace links the package into node_modules, so `import 'express-cis2'` finds its `exports` and dist/.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const names = blocks.map(nameOf)
    blocks.forEach(({ given, code }, index) =>
      writeFileSync(join(folder, names[index] ?? ''), `${given}${code}\n`),
    )
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: names }))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0 && stdout.trim() === '') return [stderr]
    return stdout.split('\n').flatMap((line) => pointAtPage(line, blocks, names))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A sample that says `as app.ts` is the file of that name for the others; any other sample stands alone. */
function nameOf({ note }: Block, index: number): string {
  return fileNameOf(note) ?? `sample-${index}.ts`
}

function pointAtPage(line: string, blocks: readonly Block[], names: readonly string[]): string[] {
  if (line.trim() === '') return []
  const [, name = '', at, message] = /^([\w.-]+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? []
  const block = blocks[names.indexOf(name)]
  if (block === undefined) return [line]
  const given = block.given.split('\n').length - 1
  const offset = Number(at) - given
  return [
    `${block.file}:${block.line + Math.max(0, offset)}: ${message}${offset < 1 ? ' (in its given)' : ''}`,
  ]
}
