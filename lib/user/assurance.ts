const highestLevel = 99

/**
 * An assurance level as CIS2 sends it: an integer, or the same as text. Anything else (absent, empty, "3abc", ["3"],
 * 2.5) is no level, and no level is a refusal.
 */
export function parseAssuranceLevel(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= highestLevel ? value : undefined
  // Compared as numbers, so that 10 is above 3.
  return typeof value === 'string' && /^(?:0|[1-9]\d?)$/.test(value) ? Number(value) : undefined
}

const smartcards: readonly string[] = ['AAL3_N3_SMARTCARD', 'AAL3_CIS2_SMARTCARD']

/**
 * Whether the authentication context CIS2 reports meets one of those asked for: the same, a particular authenticator
 * of the level asked for (`AAL3_FIDO2` for `AAL3_ANY`), or a stronger level. With nothing asked for, nothing can be
 * missed: the authentication level decides alone.
 */
export function acrMeets(acr: string, requested: readonly string[]): boolean {
  if (requested.length === 0) return true
  return requested.some((wanted) => acr === wanted || implies(acr, wanted))
}

function implies(acr: string, wanted: string): boolean {
  const level = levelOf(acr)
  // AAL2_OR_AAL3_ANY as an answer promises no more than AAL2.
  if (level === undefined) return false
  if (wanted === 'AAL2_OR_AAL3_ANY' || wanted === 'AAL2_ANY') return level >= 2
  if (wanted === 'AAL3_ANY') return level >= 3
  return wanted === 'AAL3_SMARTCARD' && smartcards.includes(acr)
}

function levelOf(acr: string): number | undefined {
  const level = /^AAL([123])_[A-Z0-9_]+$/.exec(acr)?.[1]
  return level === undefined ? undefined : Number(level)
}

/**
 * Whether somebody's login is strong enough, so that its age alone can be why it is refused.
 *
 * @param authentication the level that is demanded, if one is
 */
export function lacksOnlyAge(
  { authenticationAssuranceLevel }: { readonly authenticationAssuranceLevel: number },
  authentication: number | undefined,
): boolean {
  return authentication === undefined || authenticationAssuranceLevel >= authentication
}

/**
 * Which authentication classes to ask for so that at least this level is reached: those of the configured ones that
 * promise it, else any of the level.
 */
export function acrValuesFor(level: number, configured: readonly string[]): readonly string[] {
  const strong = configured.filter((acr) => (levelOf(acr) ?? 0) >= level)
  if (strong.length > 0) return strong
  // Where nothing is configured CIS2 takes AAL3_ANY, and a step-up must not ask for less.
  return configured.length === 0 || level > 2 ? ['AAL3_ANY'] : ['AAL2_OR_AAL3_ANY']
}
