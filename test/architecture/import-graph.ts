import type { Kind, Module } from './read-modules.js'

/** Groups of files that reach each other (Tarjan). */
export function findCycles(modules: readonly Module[]): string[][] {
  const edges = new Map(
    modules.map(({ file, imports }) => [file, imports.flatMap(({ target }) => target ?? [])]),
  )
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  const visit = (file: string): number => {
    const mine = order.size
    order.set(file, mine)
    let lowest = mine
    stack.push(file)
    for (const next of edges.get(file) ?? []) {
      if (!edges.has(next)) continue
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, low.get(next) ?? order.get(next) ?? lowest)
    }
    low.set(file, lowest)
    if (lowest === mine) {
      const group = stack.splice(stack.indexOf(file))
      if (group.length > 1 || (edges.get(file) ?? []).includes(file)) cycles.push(group.toSorted())
    }
    return lowest
  }
  for (const { file } of modules) if (!order.has(file)) visit(file)
  return cycles
}

/** Every file that one file leads to, each with the way there. */
export function reachedFrom(
  start: string,
  modules: readonly Module[],
  kinds: readonly Kind[],
): Map<string, string> {
  const byFile = new Map(modules.map((module) => [module.file, module]))
  const via = new Map<string, string>([[start, start]])
  const queue = [start]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const { target, kind } of byFile.get(file)?.imports ?? []) {
      if (target === undefined || via.has(target) || !kinds.includes(kind)) continue
      via.set(target, `${via.get(file) ?? file} -> ${target}`)
      queue.push(target)
    }
  }
  return via
}
