// What `npm install` brings beyond express and express-session, counted in the lock files.
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const alreadyThere = ['express', 'express-session']

function readLock(folder) {
  return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages
}

function locate(lock, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (lock[path]) return path
    if (at === '') return undefined
  }
}

function closure(lock, names) {
  const found = new Set()
  const queue = names.map((name) => locate(lock, '', name))
  while (queue.length > 0) {
    const path = queue.pop()
    if (path === undefined || found.has(path)) continue
    found.add(path)
    queue.push(...Object.keys(lock[path].dependencies ?? {}).map((name) => locate(lock, path, name)))
  }
  return found
}

function sizeOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? sizeOf(path) : lstatSync(path).size)
  }, 0)
}

/** Packages and bytes that these packages and their dependencies add. */
export function added(folder, names) {
  const lock = readLock(folder)
  const before = closure(lock, alreadyThere)
  const paths = [...closure(lock, names)].filter((path) => !before.has(path))
  const bytes = paths
    .map((path) => join(folder, path))
    .filter(existsSync)
    .reduce((sum, path) => sum + sizeOf(path), 0)
  return { count: paths.length, bytes }
}

/** Ours: the dependencies that come along. */
export function addedByOurs(root) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return added(root, Object.keys(dependencies))
}

/** The size of the build itself, in bytes. */
export function ownBytes(root) {
  return sizeOf(join(root, 'dist'))
}
