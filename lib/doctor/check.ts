import type { Evidence } from './evidence.js'

/** How a check came out. `skipped` is no verdict: `found` then says why it was not made. */
export type CheckStatus = 'pass' | 'warning' | 'fail' | 'skipped'

/** What a check found. Never a key, an assertion, a code or another secret. */
export interface Verdict {
  readonly status: CheckStatus
  readonly found?: string
  readonly expected?: string
  readonly fix?: string
}

/** One thing that has to be right for CIS2 to accept this client. A check looks at the evidence and changes nothing. */
export interface Check {
  /** Stable: programs and `docs/doctor.md` know it by this. */
  readonly id: string
  /** The healthy state. */
  readonly title: string
  /** Why it matters, for `docs/doctor.md`. */
  readonly meaning: string
  /** What to do when it fails, for `docs/doctor.md`. */
  readonly remedy: string
  /** Checks that have to be made and not to fail before this one can say anything of its own. */
  readonly needs: readonly string[]
  /** Checks whose failure explains what this one would find. */
  readonly unless?: readonly string[]
  run(evidence: Evidence): Verdict | Promise<Verdict>
}

/** What a check says that found something. */
interface Trouble {
  readonly found: string
  readonly expected: string
  readonly fix: string
}

export function pass(found?: string): Verdict {
  return { status: 'pass', ...(found === undefined ? {} : { found }) }
}

export function warning(trouble: Trouble): Verdict {
  return { status: 'warning', ...trouble }
}

export function fail(trouble: Trouble): Verdict {
  return { status: 'fail', ...trouble }
}

/** @param reason why nothing could be said */
export function skipped(reason: string): Verdict {
  return { status: 'skipped', found: reason }
}
