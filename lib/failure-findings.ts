import type { Cis2ErrorCode } from './error-codes.js'
import type { Cis2Error } from './errors.js'
import type { Cis2Event, Cis2EventEmitter, Finding } from './events.js'

const provider = ['provider-reachable', 'provider-certificate-trusted', 'discovery-valid', 'issuer-exact']
const clock = ['clock-in-step']

/** The failures that a diagnosis can explain, and which of its checks do: all of them where nothing is listed. */
const explained: Partial<Readonly<Record<Cis2ErrorCode, readonly string[]>>> = {
  ERR_CIS2_CLIENT_REFUSED: [],
  ERR_CIS2_TOKEN_REFUSED: [],
  ERR_CIS2_TOKEN_UNAVAILABLE: [],
  ERR_CIS2_CODE_REFUSED: ['redirect-uri-exact', ...clock],
  ERR_CIS2_AUTHORIZATION_REFUSED: ['redirect-uri-exact', 'client-id-of-cis2', 'environment-single'],
  ERR_CIS2_DISCOVERY_UNAVAILABLE: provider,
  ERR_CIS2_DISCOVERY_INVALID: provider,
  ERR_CIS2_ISSUER_MISMATCH: [...provider, 'environment-single'],
  ERR_CIS2_ENDPOINT_REFUSED: provider,
  ERR_CIS2_ID_TOKEN_ISSUER: ['issuer-exact', 'environment-single'],
  ERR_CIS2_ID_TOKEN_EXPIRED: clock,
  ERR_CIS2_ID_TOKEN_ISSUED_AT: clock,
  ERR_CIS2_ID_TOKEN_NOT_BEFORE: clock,
  ERR_CIS2_AUTH_TIME: clock,
}

// CIS2's words are evidence where they are about the client, its keys or its redirect URI.
const aboutTheClient: readonly Cis2ErrorCode[] = ['ERR_CIS2_CLIENT_REFUSED', 'ERR_CIS2_TOKEN_REFUSED']
const aboutKeysOrRedirect = /jwks|redirect/i

const pauseMs = 5 * 60 * 1000

/** What is asked of a diagnosis. */
export interface Refusal {
  /** What CIS2 said, where that helps. */
  readonly said: string | undefined
  /** Ends it. */
  readonly signal: AbortSignal
}

interface FailureFindingsOptions {
  readonly events: Cis2EventEmitter
  /** The key that signs now. */
  readonly signingKey: () => { readonly kid: string; readonly algorithm: string }
  /** Examines the application; resolves with the checks that failed. */
  readonly diagnose: (refusal: Refusal) => Promise<readonly Finding[]>
}

interface Run {
  readonly startedAt: number
  readonly result: Promise<readonly Finding[]>
  findings?: readonly Finding[]
}

/**
 * Why logins fail, found out beside the requests and never in them: at most one diagnosis in five minutes for each
 * error code, shared by all that fail meanwhile.
 */
export class FailureFindings {
  readonly #options: FailureFindingsOptions
  readonly #closing = new AbortController()
  readonly #runs = new Map<Cis2ErrorCode, Run>()

  constructor(options: FailureFindingsOptions) {
    this.#options = options
  }

  /** What the last diagnosis found, if there was one for this code. */
  known(code: Cis2ErrorCode): readonly Finding[] | undefined {
    return this.#runs.get(code)?.findings
  }

  /** Raises the event that says why, as soon as that is known. Returns at once and never throws. */
  explain(error: Cis2Error, about: Omit<Cis2Event, 'time' | 'outcome' | 'reason'>): void {
    const { events, signingKey } = this.#options
    const { code } = error
    if (explained[code] === undefined || isProviderOutage(error)) return
    const { kid, algorithm } = signingKey()
    const description = { ...about, outcome: 'failure', reason: code } as const
    void this.#find(error).then((findings) => {
      if (code === 'ERR_CIS2_CLIENT_REFUSED')
        events.emit('client_authentication.refused', { ...description, kid, algorithm, findings })
      else if (findings.length > 0) events.emit('login.diagnosed', { ...description, findings })
    })
  }

  /** Ends what is going on. Whoever waits hears that nothing was found. */
  close(): void {
    this.#closing.abort()
  }

  #find(error: Cis2Error): Promise<readonly Finding[]> {
    const last = this.#runs.get(error.code)
    const age = last === undefined ? Infinity : Date.now() - last.startedAt
    // A clock that went backwards must not stop it for ever.
    if (last !== undefined && age >= 0 && age < pauseMs) return last.result
    const run: Run = { startedAt: Date.now(), result: this.#diagnose(error).catch(() => []) }
    this.#runs.set(error.code, run)
    void run.result.then((findings) => (run.findings = findings))
    return run.result
  }

  async #diagnose({ code, detail }: Cis2Error): Promise<readonly Finding[]> {
    const { signal } = this.#closing
    if (signal.aborted) return []
    const said = aboutTheClient.includes(code) || aboutKeysOrRedirect.test(detail) ? detail : undefined
    const relevant = explained[code] ?? []
    const findings = await this.#options.diagnose({ said, signal })
    // What was cut short by closing is no finding.
    if (signal.aborted) return []
    return findings.filter(({ id }) => relevant.length === 0 || relevant.includes(id))
  }
}

/** CIS2 answers that it cannot answer: it is not our set-up, and CIS2 is not asked more than it wants to be. */
function isProviderOutage({ code, detail }: Cis2Error): boolean {
  return code.endsWith('_UNAVAILABLE') && detail.includes('answered') && !aboutKeysOrRedirect.test(detail)
}
