/**
 * The name that was probably meant: equal but for case and separators, a few keystrokes away, or the only one that
 * begins so.
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_\s]/g, '')
  const ranked = names
    .map((name) => ({ name, distance: editDistance(plain(written), plain(name)) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  if (best && best.distance <= Math.min(3, Math.floor(best.name.length / 3))) return best.name
  const [only, ...others] = names.filter((name) => plain(name).startsWith(plain(written)))
  return others.length === 0 ? only : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
