import { publicPath, type PublicPlaces } from '../config/public-path.js'

/** Where this application lives in public, and where people land when nothing better is known. */
export interface ReturnToSettings extends PublicPlaces {
  readonly returnToDefault: string
}

const longestReturnTo = 2048

// Visible ASCII without a backslash: browsers take `\` for `/`, drop tabs and line breaks, and fold look-alikes.
const plainPath = /^\/[\x21-\x5b\x5d-\x7e]*$/

// An application has some pages that people come from, and taking an address apart costs as much as sealing an attempt.
const mostRemembered = 200
const remembered = new WeakMap<ReturnToSettings, Map<string, string>>()

/**
 * Untrusted text → a path of this application to land on, byte for byte as it was, or the default.
 *
 * The test is the browser's own: what the text means against our address, as it is and after one and two
 * decodings, must stay on our origin.
 */
export function parseReturnTo(text: unknown, settings: ReturnToSettings): string {
  if (typeof text !== 'string') return landingPage(undefined, settings)
  const known = remembered.get(settings) ?? new Map<string, string>()
  const page = known.get(text) ?? landingPage(isSafe(text, settings) ? text : undefined, settings)
  // Not those that were made up to be refused.
  if (page === text && known.size < mostRemembered) remembered.set(settings, known.set(text, page))
  return page
}

function landingPage(path: string | undefined, settings: ReturnToSettings): string {
  return (
    (path === undefined ? undefined : publicPath(path, settings)) ??
    publicPath(settings.returnToDefault, settings) ??
    // Start-up refuses a default that is one of our own routes: this is a path that certainly is none.
    `${settings.basePath}/`
  )
}

/** Where a link wants people to land, by its `returnTo`. Given twice it says nothing. */
export function returnToOf(query: URLSearchParams, settings: ReturnToSettings): string {
  const wishes = query.getAll('returnTo')
  return parseReturnTo(wishes.length === 1 ? wishes[0] : undefined, settings)
}

function isSafe(text: string, { baseOrigin }: ReturnToSettings): boolean {
  if (!plainPath.test(text) || sealedLength(text) > longestReturnTo) return false
  // Only what decodes as a whole is a path; a lone % is a mistake or a probe.
  if (!isDecodable(text)) return false
  if (!text.includes('%')) return staysOnOrigin(text, baseOrigin)
  const once = decodedLeniently(text)
  return [text, once, decodedLeniently(once)].every((candidate) => staysOnOrigin(candidate, baseOrigin))
}

// As the attempt's cookie holds it, where a quotation mark is escaped: browsers drop a cookie of more than 4 KiB.
function sealedLength(text: string): number {
  return JSON.stringify(text).length - '""'.length
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

// As a careless proxy would do it: escape by escape, whatever stands around them.
function decodedLeniently(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function staysOnOrigin(candidate: string, origin: string): boolean {
  if (candidate.startsWith('//') || candidate.includes('\\')) return false
  try {
    return new URL(candidate, origin).origin === origin
  } catch {
    return false
  }
}
