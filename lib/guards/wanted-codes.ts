import { ConfigurationError } from '../errors.js'

/** Codes or names that a guard compares without regard to case. */
export type WantedCodes = (...candidates: readonly (string | undefined)[]) => boolean

/**
 * The arguments of a guard → whether one of some candidates is among them.
 *
 * @param guard its name, for the error
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` when there are none, or one is no text with something in it
 */
export function parseWantedCodes(guard: string, codes: readonly string[]): WantedCodes {
  const given: readonly unknown[] = codes
  if (given.length === 0)
    throw new ConfigurationError('ERR_CIS2_GUARD', `${guard} needs at least one argument`)
  for (const code of given) {
    if (typeof code !== 'string' || code.trim() === '')
      throw new ConfigurationError(
        'ERR_CIS2_GUARD',
        `${guard} takes texts, one by one: an argument is ${describe(code)}`,
      )
  }
  const wanted = new Set(codes.map(comparable))
  return (...candidates) => candidates.some((each) => each !== undefined && wanted.has(comparable(each)))
}

function comparable(code: string): string {
  return code.trim().toUpperCase()
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'string' ? 'empty' : `of type ${typeof value}`
}
