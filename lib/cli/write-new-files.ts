import { open, rm, type FileHandle } from 'node:fs/promises'

/** A file to write. */
export interface NewFile {
  readonly path: string
  readonly text: string
  /** Whether its owner alone may read it. */
  readonly isSecret: boolean
}

/**
 * Writes files that do not exist yet: all of them, or none. A symbolic link instead of one counts as a file.
 *
 * @throws {Error} naming the file and why it was not written
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  const opened: { handle: FileHandle; file: NewFile }[] = []
  try {
    for (const file of files)
      opened.push({ file, handle: await open(file.path, 'wx', file.isSecret ? 0o600 : 0o644) })
    for (const { file, handle } of opened) await handle.writeFile(file.text)
  } catch (error) {
    const failed = files[opened.length]?.path ?? 'the files'
    for (const { file } of opened) await rm(file.path, { force: true })
    throw new Error(describeFailure(failed, error), { cause: error })
  } finally {
    for (const { handle } of opened) await handle.close()
  }
}

function describeFailure(path: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'EEXIST')
    return `${path} exists already, and is never overwritten: name another, or move it away.`
  if (code === 'ENOENT') return `${path} cannot be written: its folder does not exist.`
  return `${path} cannot be written (${code}).`
}
