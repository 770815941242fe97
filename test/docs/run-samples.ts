import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transformSync } from '@swc/core'
import { fileNameOf, type Block } from './markdown.js'

/** What a test of a page said when it ran. */
export interface SampleRun {
  readonly status: number | null
  readonly output: string
}

/** A folder with the samples of some pages that are files (`as app.ts`), compiled, in an application with the package. */
export class SampleFolder {
  readonly #root: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'samples-'))
  /** The files that are tests. */
  readonly tests: readonly string[]

  constructor(root: string, blocks: readonly Block[]) {
    this.#root = root
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'), 'dir')
    // Jest has the files as they stand in the page, with the configuration that is there.
    mkdirSync(join(this.#folder, 'jest'))
    for (const folder of [this.#folder, join(this.#folder, 'jest')])
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const names = blocks.flatMap(({ note, given, code }) => {
      const file = fileNameOf(note)
      if (file === undefined) return []
      writeFileSync(join(this.#folder, 'jest', file), given + code)
      const name = file.replace(/\.ts$/, '.js')
      const { code: script } = transformSync(given + code, {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      })
      writeFileSync(join(this.#folder, name), script)
      return name
    })
    this.tests = names.filter((name) => name.endsWith('.test.js'))
  }

  /** Runs a test file as its page says: with Jest, or with Node's own runner. */
  run(name: string): SampleRun {
    const jest = join(this.#root, 'node_modules', 'jest', 'bin', 'jest.js')
    const isForJest = name === 'jest.test.js'
    const args = isForJest
      ? ['--experimental-vm-modules', jest, '--runTestsByPath', name.replace(/\.js$/, '.ts')]
      : ['--test', name]
    // The runner of these tests must not take the inner one for its own child.
    const { NODE_TEST_CONTEXT: _context, JEST_WORKER_ID: _worker, ...env } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: isForJest ? join(this.#folder, 'jest') : this.#folder,
      encoding: 'utf8',
      env,
    })
    return { status, output: stdout + stderr }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
