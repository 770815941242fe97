import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { requireActivity, requireAssurance, requireRole } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { startApp, type RunningApp } from '../support/app.js'
import { guardedBy } from '../support/guarded-routes.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { choosePerson, logIn } from './log-in.js'
import { withChromium } from './with-chromium.js'

withChromium('the built-in pages in a browser', (executablePath) => {
  describe('the built-in pages in a browser: plain HTML under their own policy', () => {
    let simulator: Simulator
    let app: RunningApp
    let browser: Browser
    let opened: InspectedPage

    beforeAll(async () => {
      simulator = await startSimulator()
      app = await startApp({
        issuer: simulator.issuer,
        ...simulator.client,
        acrValues: ['AAL2_ANY'],
        // The browser asks by itself.
        before: (express) => express.get('/favicon.ico', (_req, res) => void res.status(204).end()),
        scope: 'openid profile nationalrbacaccess associatedorgs',
        ...guardedBy({
          '/role': requireRole('R0260'),
          '/prescribe': requireActivity('B0420'),
          '/strong': requireAssurance({ authentication: 3 }),
        }),
      })
      browser = await launchChromium(executablePath)
    })

    afterAll(async () => {
      await browser.close()
      await app.close()
      await simulator.close()
    })

    beforeEach(async () => {
      opened = await openPage(browser)
    })

    afterEach(async () => {
      jest.restoreAllMocks()
      const { faults } = opened
      await opened.close()
      expect(faults).toEqual([])
    })

    /** What is wrong with the page as it is now. */
    async function problems(name: string, title: string): Promise<string[]> {
      const { page, inspect } = opened
      expect(await page.title()).toBe(title)
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title)
      return await inspect(`built-in-${name}`)
    }

    it('let somebody with several roles choose one, with the keyboard alone', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/role`, 'doctor-many-roles')
      expect(await problems('role-not-chosen', 'Choose your role')).toEqual([])

      await page.getByRole('link', { name: 'Choose your role' }).click()
      expect(await problems('choose-role', 'Which role are you working in?')).toEqual([])

      await page.keyboard.press('Tab')
      await page.keyboard.press('ArrowDown')
      expect(await page.getByRole('radio', { name: 'General Medical Practitioner' }).isChecked()).toBe(true)
      await page.keyboard.press('Enter')
      await page.getByText('let in').waitFor()
      expect(page.url()).toBe(`${app.url}/role`)
    })

    it('lead from the choice of a role on to CIS2, where the page asks for a stronger login', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/private`, 'doctor-many-roles')
      await page.goto(`${app.url}/cis2/role?returnTo=/strong`)
      await page.getByRole('radio').first().check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await choosePerson(page, app.url, 'doctor-many-roles')
      await page.getByText('let in').waitFor()
    })

    it('refuse a person, and say what to do', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/prescribe`, 'receptionist')
      expect(await problems('not-allowed', 'You cannot see this page')).toEqual([])
      await page.getByRole('link', { name: 'Go back to the service' }).click()
      expect(page.url()).toBe(`${app.url}/`)
    })

    it('let somebody choose again who has sent the form with no role chosen', async () => {
      const { page, inspect } = opened
      await logIn(page, `${app.url}/private`, 'doctor-many-roles')
      await page.goto(`${app.url}/cis2/role?returnTo=/role`)
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
      expect(await page.title()).toBe('Error: Which role are you working in?')
      expect(await inspect('built-in-choose-role-again')).toEqual([])

      await page.getByRole('link', { name: 'Select the role you are working in' }).click()
      await page.keyboard.press('ArrowDown')
      expect(await page.getByRole('radio', { name: 'General Medical Practitioner' }).isChecked()).toBe(true)
      await page.keyboard.press('Enter')
      await page.getByText('let in').waitFor()
      await page.goto(`${app.url}/cis2/role?returnTo=/role`)
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.getByText('let in').waitFor()
    })

    it('log somebody out who opens the address of the form', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/private`, 'nurse')
      await page.goto(`${app.url}/cis2/logout`)
      expect(await problems('log-out', 'Log out of this service?')).toEqual([])
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByRole('heading', { name: 'You have logged out' }).waitFor()
    })

    it('say that a login was cancelled by somebody who stays logged in', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/private`, 'nurse')
      await page.goto(`${app.url}/cis2/login?reauthenticate=true&returnTo=/private`)
      await page.getByTestId('cancel').click()
      expect(await problems('cancelled-logged-in', 'You cancelled')).toEqual([])
      await page.getByRole('link', { name: 'Try again' }).click()
      await page.getByTestId('cancel').click()
      await page.getByRole('link', { name: 'Go back to the service' }).click()
      expect(page.url()).toBe(`${app.url}/private`)
    })

    it('say what to do without a role', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/role`, 'no-role')
      expect(await problems('no-role', 'You do not have a role')).toEqual([])
      await page.goto(`${app.url}/cis2/role`)
      expect(await problems('no-role-to-choose', 'You do not have a role')).toEqual([])
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByRole('heading', { name: 'You have logged out' }).waitFor()
    })

    it('say that a stronger login did not come back', async () => {
      const { page } = opened
      await logIn(page, `${app.url}/private`, 'aal2-only')
      await page.goto(`${app.url}/strong`)
      await page.getByTestId('cancel').click()
      expect(await problems('step-up-failed', 'You cannot see this page yet')).toEqual([])

      await page.getByRole('link', { name: 'Try again' }).click()
      await choosePerson(page, app.url, 'nurse')
      expect(await problems('step-up-other-person', 'You logged in as somebody else')).toEqual([])
    })

    it('say that something went wrong, that a login ended, and that it was ended', async () => {
      const { page } = opened
      await page.goto(`${app.url}/cis2/callback`)
      expect(await problems('error', 'You need to log in again')).toEqual([])

      await logIn(page, `${app.url}/private`, 'nurse')
      const later = Date.now() + 16 * 60_000
      jest.spyOn(Date, 'now').mockReturnValue(later)
      await page.goto(`${app.url}/private`)
      expect(await problems('session-ended', 'Your session has ended')).toEqual([])

      await page.goto(`${app.url}/cis2/logged-out`)
      expect(await problems('logged-out', 'You have logged out')).toEqual([])
    })
  })
})
