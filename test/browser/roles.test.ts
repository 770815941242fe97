import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { choosePerson, logIn } from './log-in.js'
import { withChromium } from './with-chromium.js'

const administrator = '555000002004'

withChromium('roles in a browser', (executablePath) => {
  describe('roles in the example app, in a browser', () => {
    let exampleApp: ExampleAppProcess
    let address: string
    let browser: Browser
    let opened: InspectedPage

    beforeAll(async () => {
      exampleApp = startExampleApp(await findFreePort())
      address = await exampleApp.address
      browser = await launchChromium(executablePath)
    })

    afterAll(async () => {
      await browser.close()
      await exampleApp.stop()
    })

    beforeEach(async () => {
      opened = await openPage(browser)
    })

    afterEach(async () => {
      const { faults } = opened
      await opened.close()
      expect(faults).toEqual([])
    })

    async function logInAs(role: string): Promise<void> {
      const { page } = opened
      await page.goto(`${address}/account`)
      await page.getByTestId('person-doctor-many-roles').click()
      await page.getByTestId(`role-${role}`).click()
      await page.waitForURL(`${address}/account`)
    }

    it('refuse a page, are changed, and let in', async () => {
      const { page, inspect } = opened
      await logInAs(administrator)

      const refused = await page.goto(`${address}/prescriptions`)
      expect(refused?.status()).toBe(403)
      expect(await page.title()).toBe('You cannot see this page – Care Identity example')
      // The person is logged in, whether or not the page knows.
      expect(await page.getByRole('link', { name: 'Log in' }).count()).toBe(0)
      await page.getByRole('banner').getByText('Log out').waitFor()
      await page.getByRole('link', { name: 'Go back to the service' }).waitFor()
      expect(await inspect('not-allowed')).toEqual([])

      await page.getByRole('button', { name: 'Change your role' }).click()
      await page.getByRole('heading', { name: 'Which role are you working in?' }).waitFor()
      expect(await page.getByRole('radio', { name: 'Admin/Clinical Support Access Role' }).isChecked()).toBe(
        true,
      )
      expect(await inspect('change-role')).toEqual([])

      await page.getByRole('radio', { name: 'General Medical Practitioner' }).check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/prescriptions`)
      await page
        .getByText('You are working as General Medical Practitioner at SAMPLE LANE SURGERY (B9B5B).')
        .waitFor()
      expect(await inspect('prescriptions')).toEqual([])
    })

    it('are changed from the header, and bring the person back to the page they were on', async () => {
      const { page } = opened
      await logInAs(administrator)
      await page.goto(`${address}/patients?list=today`)
      await page.getByRole('link', { name: 'Change role' }).click()
      await page.getByRole('radio', { name: 'General Medical Practitioner' }).check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/patients?list=today`)
    })

    it('that are refused a page are changed from the header of another one, and let in', async () => {
      const { page, inspect } = opened
      await logInAs(administrator)
      await page.goto(`${address}/prescriptions`)
      expect(await page.title()).toBe('You cannot see this page – Care Identity example')

      await page.goto(`${address}/account`)
      await page.getByRole('link', { name: 'Change role' }).click()
      await page.getByRole('radio', { name: 'General Medical Practitioner' }).check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/account`)
      await page.getByRole('heading', { name: 'General Medical Practitioner Selected' }).waitFor()
      expect(await inspect('account-changed-role')).toEqual([])

      expect((await page.goto(`${address}/prescriptions`))?.status()).toBe(200)
      await page.getByText('You are working as General Medical Practitioner').waitFor()
    })

    it('are asked for again when nothing was chosen, and may be left as they are', async () => {
      const { page, inspect } = opened
      await page.goto(`${address}/account`)
      await page.getByTestId('person-blank-selected-role').click()
      await page.waitForURL(`${address}/account`)
      await page.getByRole('link', { name: 'Change role' }).click()
      expect(await page.getByRole('link', { name: 'Cancel' }).count()).toBe(0)
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
      expect(await page.title()).toBe('Error: Which role are you working in? – Care Identity example')
      expect(await inspect('choose-role-again')).toEqual([])

      await page.getByRole('link', { name: 'Select the role you are working in' }).click()
      await page.keyboard.press('Space')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/account`)
      await page.getByRole('link', { name: 'Change role' }).click()
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.waitForURL(`${address}/account`)
    })

    it('of a person with one are not there to be changed', async () => {
      const { page } = opened
      await logIn(page, `${address}/patients`, 'nurse')
      expect(await page.getByRole('link', { name: 'Change role' }).count()).toBe(0)
      await page.goto(`${address}/cis2/role?returnTo=/patients`)
      expect(page.url()).toBe(`${address}/patients`)
    })

    it('of a person with none lead to a page that says what to do', async () => {
      const { page, inspect } = opened
      await logIn(page, `${address}/patients`, 'no-role')
      await page.goto(`${address}/prescriptions`)
      expect(await page.title()).toBe('You do not have a role – Care Identity example')
      await page.getByText('Registration Authority').waitFor()
      expect(await page.getByRole('main').getByRole('button').allInnerTexts()).toEqual([
        'Go back to the service',
      ])
      expect(await inspect('no-role')).toEqual([])
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.waitForURL(`${address}/cis2/logged-out`)
    })

    it('are chosen on the way to a page that asks for a stronger login', async () => {
      const { page, inspect } = opened
      await logInAs(administrator)
      await page.goto(`${address}/controlled-drugs`)
      await page.getByRole('button', { name: 'Change your role' }).click()
      await page.getByRole('radio', { name: 'General Medical Practitioner' }).check()
      await page.getByRole('button', { name: 'Continue' }).click()

      // The form has led on to CIS2.
      await page.getByTestId('person-doctor-many-roles').click()
      await page.getByTestId(`role-${administrator}`).click()
      await page.waitForURL(`${address}/controlled-drugs`)
      expect(await page.title()).toBe('Controlled drugs – Care Identity example')
      expect(await inspect('controlled-drugs')).toEqual([])
    })

    it('stay as they were when a stronger login is cancelled, and another try lets in', async () => {
      const { page, inspect } = opened
      await logInAs('555000002002')
      await page.goto(`${address}/controlled-drugs`)
      await page.getByTestId('cancel').click()
      await page.waitForURL((url) => url.origin === address)
      expect(await page.title()).toBe('You cannot see this page yet – Care Identity example')
      expect(await page.getByTestId('reference').textContent()).toMatch(/^\S{8,}$/)
      expect(await inspect('step-up-cancelled')).toEqual([])

      await page.goto(`${address}/prescriptions`)
      await page.getByText('You are working as General Medical Practitioner').waitFor()
      await page.goto(`${address}/controlled-drugs`)
      await page.getByTestId('person-doctor-many-roles').click()
      await page.getByTestId('role-555000002002').click()
      await page.waitForURL(`${address}/controlled-drugs`)
      expect(await page.title()).toBe('Controlled drugs – Care Identity example')
    })

    it('do not help who comes back from CIS2 as weak as before, or as somebody else', async () => {
      const { page, inspect } = opened
      await logIn(page, `${address}/patients`, 'aal2-only')
      await page.goto(`${address}/controlled-drugs`)
      await choosePerson(page, address, 'aal2-only')
      expect(await page.title()).toBe('You cannot see this page yet – Care Identity example')
      expect(await inspect('step-up-too-low')).toEqual([])

      await page.getByRole('main').getByRole('button', { name: 'Try again' }).click()
      await choosePerson(page, address, 'nurse')
      expect(await page.title()).toBe('You logged in as somebody else – Care Identity example')
      expect(await inspect('step-up-other-person')).toEqual([])

      await page.goto(`${address}/account`)
      await page.getByText('Robin Ashdown').first().waitFor()
    })
  })
})
