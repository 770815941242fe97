const longestQuote = 200

// Long unbroken strings are what tokens, codes, keys and session ids look like; no human sentence has one.
const opaque = /[\w+/=.~-]{24,}/g

// Control characters, line separators and bidirectional overrides: a log line stays one line, read left to right.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

// What names and codes of errors look like: short, or words, or capitals as in UNABLE_TO_VERIFY_LEAF_SIGNATURE.
const label = /^(?:[\w$]{1,23}|[A-Za-z_]{1,60}|[A-Z0-9_]{1,60})$/

// An error can be its own cause.
const mostCauses = 8

/**
 * Makes text from outside (CIS2's error description, a store's message) fit for a log line: one line, at most 200
 * characters, in quotes so that it reads as somebody else's words, and without anything that looks like a secret.
 */
export function quoteUntrusted(text: unknown, secrets: readonly string[] = []): string {
  const words = typeof text === 'string' ? withoutSecrets(text, secrets) : typeof text
  const safe = words
    .slice(0, longestQuote * 4)
    .replace(unprintable, ' ')
    .replace(opaque, '[removed]')
    .trim()
  return JSON.stringify(safe.length > longestQuote ? `${safe.slice(0, longestQuote)}…` : safe)
}

// Short ones do not look like secrets, and are known only where they are used.
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (left, secret) => (secret.length < 6 ? left : left.replaceAll(secret, '[removed]')),
    text,
  )
}

const longestPath = 300

/** An address that CIS2 sent, in quotes: as it is, so that it can be compared, but for what no log line should hold. */
export function quoteAddress(text: string): string {
  return JSON.stringify(text.slice(0, longestPath).replace(unprintable, ' '))
}

/** The path of a request, made fit for an event or a message: visible ASCII, everything else escaped, and not long. */
export function printablePath(path: string): string {
  return path.slice(0, longestPath).replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}

// Cleaning twice would quote the quotes.
const clean = new WeakSet<Error>()

/**
 * A copy of somebody else's error that is safe to keep as a `cause`; a copy made here passes as it is. Errors of stores
 * and protocol libraries carry commands, response bodies and claims in their properties; only the name, code and a
 * cleaned message survive.
 *
 * @param secrets what is secret in this call, however short it is
 */
export function safeCause(error: unknown, secrets: readonly string[] = []): Error {
  try {
    return copyError(error, mostCauses, secrets)
  } catch {
    // A getter of the error's own threw: its words would come out instead of ours.
    return new Error('an error that cannot be read')
  }
}

function copyError(error: unknown, causesLeft: number, secrets: readonly string[]): Error {
  if (!(error instanceof Error)) return new Error(`thrown value of type ${typeof error}`)
  if (clean.has(error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${labelOf(error.code)}` : ''
  const isLast = error.cause === undefined || causesLeft === 0
  const inner = isLast ? undefined : { cause: copyError(error.cause, causesLeft - 1, secrets) }
  const copy = new Error(`${labelOf(error.name)}${code}: ${quoteUntrusted(error.message, secrets)}`, inner)
  delete copy.stack
  clean.add(copy)
  return copy
}

/** The name or code of somebody else's error, quoted unless it looks like one. */
export function labelOf(text: unknown): string {
  return typeof text === 'string' && label.test(text) ? text : quoteUntrusted(text)
}
