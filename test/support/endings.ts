import type { Express } from 'express'
import { logIn, type Journey } from './login.js'

export type Ending = readonly [who: string, end: (journey: Journey) => Promise<unknown>]

const reauthenticate = '/cis2/login?reauthenticate=true'

/** What ends a login wherever it is, whichever process does it. */
export const endings: readonly Ending[] = [
  ['the person', ({ browser, app }) => browser.clone().post(`${app.baseUrl}/cis2/logout`, {})],
  ['CIS2', ({ simulator }) => simulator.sendLogoutToken()],
  ['CIS2, for all sessions', ({ simulator }) => simulator.sendLogoutToken({ claims: { sid: undefined } })],
  ['the application itself', ({ browser, app }) => browser.clone().get(`${app.baseUrl}/destroy`)],
  [
    'the application itself, with a new session',
    ({ browser, app }) => browser.clone().get(`${app.baseUrl}/leave`),
  ],
]

/** Logins that take the place of another in the same browser. */
export const replacements: readonly Ending[] = [
  [
    'a login of somebody else',
    ({ browser, app }) => logIn({ app, browser: browser.clone() }, 'receptionist', reauthenticate),
  ],
  [
    'a login of the same person',
    ({ browser, app }) => logIn({ app, browser: browser.clone() }, 'nurse', reauthenticate),
  ],
]

/** The routes by which the application ends a login itself. */
export function addEndingRoutes(app: Express): void {
  app.get('/destroy', (req, res) => void req.session.destroy(() => res.send('destroyed')))
  app.get('/leave', (req, res) => {
    req.session.regenerate(() => {
      // The new session is nobody's: it is not saved, so that tests can count those that are somebody's.
      Reflect.set(req, 'session', null)
      res.send('left')
    })
  })
}
