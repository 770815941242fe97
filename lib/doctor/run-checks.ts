import { skipped, type Check, type CheckStatus, type Verdict } from './check.js'
import type { Evidence } from './evidence.js'

/** What a diagnosis says of one thing. */
export interface CheckResult {
  /** Stable; `docs/doctor.md` has a section for each. */
  id: string
  status: CheckStatus
  /** The healthy state. */
  title: string
  /** What is there instead; for a check that was skipped, why. */
  found?: string
  expected?: string
  /** What to do. */
  fix?: string
}

/** What `diagnose` found, in the order of the checks: the first failure is the one to mend first. */
export interface Diagnosis {
  /** Whether no check failed. Warnings and skipped checks do not count. */
  ok: boolean
  checks: CheckResult[]
}

/** How the reason begins where a check has to wait for another; the other's title follows. */
export const waitsFor = 'waits for: '

/** Makes the checks one after the other. One cause is told once: what a failure makes pointless is skipped. */
export async function runChecks(checks: readonly Check[], evidence: Evidence): Promise<Diagnosis> {
  const results: CheckResult[] = []
  // Which failed check stands in the way of this one and of those that need it, and which was never made.
  const failed = new Map<string, Check>()
  const idle = new Map<string, Check>()
  for (const check of checks) {
    const failure = firstOf(failed, [...check.needs, ...(check.unless ?? [])])
    const obstacle = failure ?? firstOf(idle, check.needs)
    const verdict = obstacle ? skipped(waitsFor + obstacle.title) : await check.run(evidence)
    if (failure !== undefined || verdict.status === 'fail') failed.set(check.id, failure ?? check)
    else if (verdict.status === 'skipped') idle.set(check.id, obstacle ?? check)
    results.push({ id: check.id, status: verdict.status, title: check.title, ...withoutStatus(verdict) })
  }
  return { ok: results.every(({ status }) => status !== 'fail'), checks: results }
}

function firstOf(obstacles: ReadonlyMap<string, Check>, ids: readonly string[]): Check | undefined {
  return ids.flatMap((id) => obstacles.get(id) ?? []).at(0)
}

function withoutStatus({ status: _status, ...rest }: Verdict): Omit<Verdict, 'status'> {
  return rest
}
