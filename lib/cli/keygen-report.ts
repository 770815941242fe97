import { keyKinds, type KeyKind } from '../keys/generate-key.js'
import type { KeySet } from '../keys/key-set.js'
import type { KeygenFlags } from './keygen-flags.js'

/** What was made, and where it is. */
export interface MadeKey {
  readonly kind: KeyKind
  readonly kid: string
  readonly algorithm: string
  readonly flags: KeygenFlags
  readonly keySet: KeySet
}

export const ecWarning = `Warning: clients of CIS2 are known to be registered with RSA keys (RS512 or
RS256). Ask the CIS2 team whether ES256 can be registered before you use this
key: one key that CIS2 cannot read may spoil the whole key set.
`

/** The key in words, without anything private. */
export function describeKey({ kind, kid, algorithm, flags, keySet }: MadeKey): string {
  const { addTo, out, publicOut, pem } = flags
  const lines = [
    `A new key: ${keyKinds[kind].title}, for ${algorithm}`,
    `  kid               ${kid}`,
    ...(out === undefined ? [] : [`  private key set   ${out}`]),
    ...(publicOut === undefined ? [] : [`  public key set    ${publicOut}`]),
    ...(pem === undefined ? [] : [`  private key, PEM  ${pem}`]),
    '',
    ...(addTo === undefined ? firstSteps(out) : nextSteps(kid, flags, keySet)),
  ]
  return lines.join('\n')
}

function firstSteps(out: string | undefined): string[] {
  return [
    `1. Keep ${out ?? 'the set'} secret, and give it to the application as CIS2_JWKS.`,
    '2. `npx express-cis2 registration` says what to enter at CIS2.',
  ]
}

function nextSteps(kid: string, { addTo, out }: KeygenFlags, { signingKey, waiting }: KeySet): string[] {
  const from = waiting.find((key) => key.kid === kid)?.signsFrom
  return [
    `It is the next key beside those of ${addTo ?? 'the set'}, which is left as it was.`,
    `1. Give ${out ?? 'the new set'} to the application as CIS2_JWKS, in every process, today:`,
    '   the key is published and does not sign yet.',
    ...(from === undefined
      ? [`2. A key of the set is "active": after 24 hours mark it "retired", and the`, '   new one "active".']
      : [`2. It signs by itself from`, `   ${from}, instead of`, `   ${signingKey.kid}.`]),
    '3. Take the old key out an hour after that, at the earliest.',
  ]
}
