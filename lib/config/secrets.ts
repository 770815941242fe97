import type { OptionReader } from './option-reader.js'

const shortestSecret = 32

// What samples and templates say where a secret belongs.
const placeholder =
  /change[ _-]?me|replace[ _-]?(?:me|this|with)|(?:your|my|some|super)[ _-]?secret|placeholder|keyboard[ _-]?cat/i

/** The secrets that seal login attempts: the first seals, all open. */
export function parseSecrets(reader: OptionReader): readonly string[] {
  const given = reader.raw('secret')
  if (given === undefined) {
    reader.report(
      'secret',
      'is missing: give at least 32 random characters, for example from `openssl rand -base64 48`',
    )
    return []
  }
  const secrets: unknown[] = Array.isArray(given) ? given : [given]
  if (secrets.length === 0) reader.report('secret', 'is an empty array')
  const isProduction = reader.raw('environment') === 'production'
  const texts: string[] = []
  for (const [index, secret] of secrets.entries()) {
    const problem = secretProblem(secret, isProduction)
    if (problem !== undefined) reader.report(Array.isArray(given) ? `secret[${index}]` : 'secret', problem)
    else if (typeof secret === 'string') texts.push(secret)
  }
  return Object.freeze(texts)
}

function secretProblem(secret: unknown, isProduction: boolean): string | undefined {
  if (typeof secret !== 'string') return 'must be text'
  const { length } = secret.trim()
  if (length < shortestSecret) return `must have at least ${shortestSecret} characters, found ${length}`
  return isProduction ? findWeakness(secret) : undefined
}

/** What makes a secret of the right length easy to guess: refused in production, a warning elsewhere. */
export function findWeakness(secret: string): string | undefined {
  if (placeholder.test(secret))
    return 'is a placeholder; use random characters, for example from `openssl rand -base64 48`'
  // "changeme" four times over is long enough and no secret; 32 random characters practically never repeat so.
  if (new Set(secret).size < 10)
    return 'repeats a few characters; use random ones, for example from `openssl rand -base64 48`'
  return undefined
}
