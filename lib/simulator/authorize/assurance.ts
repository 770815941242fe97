import { authenticationClasses } from '../provider-metadata.js'

/** What a login has reached. */
export interface Assurance {
  readonly acr: string
  readonly level: number
}

/**
 * The first class asked for that a person can meet, and how well they meet it. Someone who can meet none still logs in
 * at their own level: CIS2 leaves it to the relying party to refuse them, and so does the simulator.
 */
export function reachAssurance(acrValues: readonly string[], highestLevel: number): Assurance {
  const known = acrValues.filter((acr) => acr in authenticationClasses)
  for (const acr of known.length > 0 ? known : ['AAL3_ANY']) {
    const reached = (authenticationClasses[acr] ?? []).filter((level) => level <= highestLevel)
    if (reached.length > 0) return { acr, level: Math.max(...reached) }
  }
  return { acr: highestLevel === 1 ? 'AAL1_USERPASS' : `AAL${highestLevel}_ANY`, level: highestLevel }
}
