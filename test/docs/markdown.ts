/** A fenced block of a markdown page. */
export interface Block {
  readonly file: string
  /** The line of the opening fence, from 1. */
  readonly line: number
  readonly language: string
  /** What follows the language on the fence. */
  readonly note: string
  readonly code: string
  /** Code from an HTML comment `<!-- given … -->` before the block: compiled with it, not shown to readers. */
  readonly given: string
}

const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/

/** Splits a page into its fenced blocks and the prose around them (blocks become empty lines). */
export function readPage(file: string, text: string): { blocks: Block[]; prose: string } {
  const blocks: Block[] = []
  const prose: string[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const opening = fence.exec(line)
    if (!opening) {
      prose.push(line)
      continue
    }
    const [, indent = '', mark = '', language = '', note = ''] = opening
    const start = index
    const code: string[] = []
    for (index++; index < lines.length; index++) {
      const inside = lines[index] ?? ''
      if (inside.trim().startsWith(mark) && inside.trim().replaceAll(mark.charAt(0), '') === '') break
      code.push(inside.startsWith(indent) ? inside.slice(indent.length) : inside)
    }
    const given = givenBefore(prose)
    blocks.push({ file, line: start + 1, language, note: note.trim(), code: code.join('\n'), given })
    prose.push(...Array.from({ length: index - start + 1 }, () => ''))
  }
  return { blocks, prose: prose.join('\n') }
}

/** The name of the file that a block is said to be, on its fence: `as app.ts`, `as jest.config.js`. */
export function fileNameOf(note: string): string | undefined {
  return /^as ([\w-]+(?:\.[\w-]+)*\.[jt]s)$/.exec(note)?.[1]
}

function givenBefore(prose: readonly string[]): string {
  return /<!-- given\n((?:(?!-->)[^])*)-->\s*$/.exec(prose.join('\n'))?.[1] ?? ''
}

function withoutCode(prose: string): string {
  return prose.replace(/<!--[^]*?-->/g, (comment) => comment.replace(/[^\n]/g, '')).replace(/`[^`\n]*`/g, '')
}

/** The targets of links and images. */
export function findLinks(prose: string): string[] {
  const text = withoutCode(prose)
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const references = [...text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)]
  const html = [...text.matchAll(/\b(?:href|src)="([^"]+)"/g)]
  return [...inline, ...references, ...html].flatMap(([, target]) => target ?? [])
}

/** The rows of tables that have another number of cells than the heading of their table. */
export function findUnevenRows(prose: string): string[] {
  const uneven: string[] = []
  let expected: number | undefined
  for (const line of prose.split('\n')) {
    const isRow = line.trimStart().startsWith('|')
    const cells = line.replaceAll('\\|', '').split('|').length
    if (isRow && expected !== undefined && cells !== expected) uneven.push(line.trim())
    expected = isRow ? (expected ?? cells) : undefined
  }
  return uneven
}

/** The headings of a page, without their marks. */
export function findHeadings(prose: string): string[] {
  return [...prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, title]) => title ?? '')
}

/** The anchors that a page's headings get on GitHub and npm. */
export function findAnchors(prose: string): string[] {
  const seen = new Map<string, number>()
  const headings = findHeadings(prose).map((title) => {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
  const explicit = [...prose.matchAll(/\b(?:id|name)="([^"]+)"/g)].flatMap(([, id]) => id ?? [])
  return [...headings, ...explicit]
}

function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? [])
}

/**
 * The names a reference page explains: headings that are code and nothing else, and the first cells of tables whose
 * first column has this title.
 */
export function findExplainedNames(prose: string, column: string): string[] {
  const headings = findHeadings(prose).filter((title) => /^`[^`]+`(\s*[,/]\s*`[^`]+`)*$/.test(title))
  const cells: string[] = []
  let isInTable = false
  for (const line of prose.split('\n')) {
    const first = /^\s*\|([^|]*)\|/.exec(line)?.[1]?.trim()
    if (first === undefined) isInTable = false
    else if (first.toLowerCase() === column.toLowerCase()) isInTable = true
    else if (isInTable) cells.push(first)
  }
  return [...new Set([...headings, ...cells].flatMap(codeSpans))]
}
