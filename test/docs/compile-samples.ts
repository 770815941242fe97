import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Block } from './markdown.js'

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
    const names = blocks.map((_, index) => `sample-${index}.ts`)
    blocks.forEach(({ given, code }, index) =>
      writeFileSync(join(folder, `sample-${index}.ts`), `${given}${code}\n`),
    )
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: names }))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0 && stdout.trim() === '') return [stderr]
    return stdout.split('\n').flatMap((line) => pointAtPage(line, blocks))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function pointAtPage(line: string, blocks: readonly Block[]): string[] {
  if (line.trim() === '') return []
  const [, index, at, message] = /^sample-(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(line) ?? []
  const block = blocks[Number(index)]
  if (block === undefined) return [line]
  const given = block.given.split('\n').length - 1
  const offset = Number(at) - given
  return [
    `${block.file}:${block.line + Math.max(0, offset)}: ${message}${offset < 1 ? ' (in its given)' : ''}`,
  ]
}
