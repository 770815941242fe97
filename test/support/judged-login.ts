import type { FaultName, FaultValues, Simulator } from '../../lib/simulator/index.js'
import type { Browser, Page } from './browser.js'
import { comeBack, type Journey } from './login.js'

/** Faults of the simulator by name. */
export type FaultSet = Partial<FaultValues>

/** What became of a callback, seen from the browser, the audit events and CIS2. */
export interface Verdict {
  status: number
  /** The reasons of `login.failed`. */
  reasons: readonly unknown[]
  tokenRequests: number
  userInfoRequests: number
  /** Requests at an address that no careful client calls. */
  strayRequests: number
  isLoggedIn: boolean
  cacheControl: string | undefined
}

/** The verdict on a login that is refused. */
export function refused(code: string, status: number, tokenRequests = 0, userInfoRequests = 0): Verdict {
  return {
    status,
    reasons: [code],
    tokenRequests,
    userInfoRequests,
    strayRequests: 0,
    isLoggedIn: false,
    cacheControl: 'no-store',
  }
}

/** The verdict on a login that succeeds. */
export const accepted: Verdict = {
  status: 303,
  reasons: [],
  tokenRequests: 1,
  userInfoRequests: 1,
  strayRequests: 0,
  isLoggedIn: true,
  cacheControl: 'no-store',
}

/** Forgets the faults, requests and events of the case before. */
export function reset({ simulator, app }: Pick<Journey, 'simulator' | 'app'>): void {
  simulator.clearFaults()
  simulator.requests.clear()
  app.events.length = 0
}

export function setFaults(simulator: Simulator, faults: FaultSet): void {
  for (const [name, value] of Object.entries(faults)) {
    simulator.setFault(name as FaultName, value)
  }
}

/** A whole login of a new browser under these faults: set after the person was chosen, so that they meet the callback. */
export async function judgeLogin(
  journey: Journey,
  faults: FaultSet = {},
  person = 'nurse',
): Promise<Verdict> {
  const browser = journey.anotherBrowser()
  const address = await comeBack({ app: journey.app, browser }, person)
  setFaults(journey.simulator, faults)
  return await judge(journey, browser, await browser.get(address))
}

export async function judge({ simulator, app }: Journey, browser: Browser, page: Page): Promise<Verdict> {
  const visit = await browser.get(`${app.baseUrl}/private`)
  return {
    status: page.status,
    reasons: failures(app.events),
    tokenRequests: simulator.requests.count('token'),
    userInfoRequests: simulator.requests.count('userInfo'),
    strayRequests: simulator.requests.count('elsewhere'),
    isLoggedIn: visit.status === 200,
    cacheControl: page.headers['cache-control'],
  }
}

export function failures(events: Journey['app']['events']): readonly unknown[] {
  return events.flatMap((event) => (event.name === 'login.failed' ? [Reflect.get(event, 'reason')] : []))
}
