import type { RequestListener } from 'node:http'
import type TestAgent from 'supertest/lib/agent.js'
import type { Simulator } from '../simulator/index.js'

/** What can be logged in to: an application, or a supertest agent of one whose cookies are to be kept. */
export type TestApp = RequestListener | TestAgent

/** How to log in. */
export interface LogInOptions {
  /**
   * The simulator that the application uses.
   *
   * @default the one on this machine that the login leads to; needed when the issuer is another name, and it makes
   *   errors say what the simulator saw
   */
  simulator?: Pick<Simulator, 'issuer' | 'url' | 'requests'>
  /** The page to open: the login route, or a page that leads there. @default '/cis2/login' */
  path?: string
  /** A `person_roleid` of the person's, for an application that asks CIS2 for a role. @default the only one */
  role?: string
}
