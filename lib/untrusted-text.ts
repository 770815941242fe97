const longestQuote = 200

// Long unbroken strings are what tokens, codes, keys and session ids look like; no human sentence has one.
const opaque = /[\w+/=.~-]{24,}/g

// Control characters, line separators and bidirectional overrides: a log line stays one line, read left to right.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/**
 * Makes text from outside (CIS2's error description, a store's message) fit for a log line: one line, at most 200
 * characters, in quotes so that it reads as somebody else's words, and without anything that looks like a secret.
 */
export function quoteUntrusted(text: unknown): string {
  const words = typeof text === 'string' ? text : typeof text
  const safe = words
    .slice(0, longestQuote * 4)
    .replace(unprintable, ' ')
    .replace(opaque, '[removed]')
    .trim()
  return JSON.stringify(safe.length > longestQuote ? `${safe.slice(0, longestQuote)}…` : safe)
}

/**
 * A copy of somebody else's error that is safe to keep as a `cause`. Errors of stores and protocol libraries carry
 * commands, response bodies and claims in their properties; only the name, code and a cleaned message survive.
 */
export function safeCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`thrown value of type ${typeof error}`)
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const inner = error.cause === undefined ? undefined : { cause: safeCause(error.cause) }
  const copy = new Error(`${error.name}${code}: ${quoteUntrusted(error.message)}`, inner)
  delete copy.stack
  return copy
}
