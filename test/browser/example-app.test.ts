import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { startFailingApp } from './failing-app.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { focusedText, tabTo } from './tab-to.js'
import { withChromium } from './with-chromium.js'

const nurse = {
  Name: 'Nora Whitlock',
  Role: 'Nurse Access Role',
  Organisation: 'EXAMPLE COMMUNITY TRUST (A9A5A)',
  'Identity assurance level': 'Level 3',
  'Authentication assurance level': 'Level 2',
  'User ID': '555000000001',
}

withChromium('the example app in a browser', (executablePath) => {
  describe('the example app in a browser', () => {
    let exampleApp: ExampleAppProcess
    let port: number
    let address: string
    let browser: Browser
    let opened: InspectedPage | undefined

    beforeAll(async () => {
      port = await findFreePort()
      exampleApp = startExampleApp(port)
      address = await exampleApp.address
      browser = await launchChromium(executablePath)
    })

    async function choosePerson(page: Page, key: string): Promise<void> {
      await page.getByTestId(`person-${key}`).click()
      await page.waitForURL((url) => url.origin === address)
    }

    afterAll(async () => {
      await browser.close()
      await exampleApp.stop()
    })

    afterEach(async () => {
      const faults = opened?.faults ?? []
      await opened?.close()
      opened = undefined
      expect(faults).toEqual([])
    })

    async function open(options?: BrowserContextOptions): Promise<InspectedPage> {
      opened = await openPage(browser, options)
      return opened
    }

    it('takes a person from the start page through login to a guarded page and out again', async () => {
      const { page, inspect } = await open()

      await page.goto(address)
      expect(await page.title()).toBe('Try logging in with Care Identity – Care Identity example')
      expect(await inspect('start')).toEqual([])

      await page.getByRole('button', { name: 'Log in with my Care Identity' }).click()
      await page.getByTestId('person-picker').waitFor()
      expect(await inspect('choose-a-person')).toEqual([])

      await choosePerson(page, 'nurse')
      expect(page.url()).toBe(`${address}/account`)
      expect(await page.title()).toBe('Your details – Care Identity example')
      expect(await readDetails(page)).toEqual(nurse)
      expect(await inspect('account')).toEqual([])

      await page.getByRole('link', { name: 'Go to the patients page' }).click()
      await page.getByText('Only people who are logged in can see this page.').waitFor()
      expect(await page.title()).toBe('Patients – Care Identity example')
      expect(await inspect('patients')).toEqual([])

      await page.getByRole('link', { name: 'Care Identity example' }).click()
      await page.getByText('You are logged in as').waitFor()
      expect(await inspect('start-logged-in')).toEqual([])

      await page.getByRole('button', { name: 'Log out' }).click()
      await page.waitForURL(`${address}/cis2/logged-out`)
      expect(await page.title()).toBe('You have logged out – Care Identity example')
      expect(await inspect('logged-out')).toEqual([])
    })

    it('says in plain English that a login was cancelled, with a reference and a way on', async () => {
      const { page, inspect } = await open()
      await page.goto(`${address}/patients`)

      await page.getByTestId('cancel').click()
      await page.waitForURL((url) => url.origin === address)

      expect(await page.title()).toBe('You did not log in – Care Identity example')
      expect(await page.getByTestId('reference').textContent()).toMatch(/^\S{8,}$/)
      expect(await inspect('cancelled')).toEqual([])

      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
      await choosePerson(page, 'nurse')
      expect(page.url()).toBe(`${address}/patients`)
    })

    it('has a page for addresses that do not exist', async () => {
      const { page, inspect } = await open()

      const response = await page.goto(`${address}/nowhere`)

      expect(response?.status()).toBe(404)
      expect(await page.title()).toBe('Page not found – Care Identity example')
      expect(await inspect('page-not-found')).toEqual([])
    })

    it.each([
      ['no-role', 'You have no role in Care Identity'],
      ['blank-selected-role', 'You have several roles and have not chosen one'],
      ['unknown-selected-role', 'You chose a role that is not one of yours'],
      ['awkward-text', 'Practitioner & <i>Trainer</i>'],
    ])('shows the details of the person %s', async (key, role) => {
      const { page, inspect } = await open()
      await page.goto(`${address}/account`)

      await choosePerson(page, key)

      expect((await readDetails(page)).Role).toBe(role)
      expect(await inspect(`account-${key}`)).toEqual([])
    })

    it('shows the role that a person with several has chosen', async () => {
      const { page, inspect } = await open()
      await page.goto(`${address}/account`)
      await page.getByTestId('person-doctor-many-roles').click()
      await page.getByTestId('role-picker').waitFor()
      expect(await inspect('choose-a-role')).toEqual([])

      await page.getByTestId('role-555000002002').click()

      const { Role, Organisation } = await readDetails(page)
      expect({ Role, Organisation }).toEqual({
        Role: 'General Medical Practitioner',
        Organisation: 'SAMPLE LANE SURGERY (B9B5B)',
      })
      expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
        'Clinical Practitioner Access Role',
        'General Medical Practitioner Selected',
        'Clinical Practitioner Access Role',
        'Admin/Clinical Support Access Role',
      ])
      expect(await inspect('account-several-roles')).toEqual([])
    })

    it('comes back to the guarded page that a person asked for', async () => {
      const { page } = await open()
      await page.goto(`${address}/patients?list=today`)

      await choosePerson(page, 'nurse')

      expect(page.url()).toBe(`${address}/patients?list=today`)
    })

    it.each(['/', '/account', '/patients'])(
      'shows nothing personal when a person goes back to %s after logging out',
      async (path) => {
        const { page } = await open()
        await page.goto(`${address}/account`)
        await choosePerson(page, 'nurse')
        await page.goto(address + path)
        await page.getByText(nurse.Name).first().waitFor()
        await page.getByRole('button', { name: 'Log out' }).click()
        await page.waitForURL(`${address}/cis2/logged-out`)

        // Not until "load": a page that comes back from the cache is not loaded again.
        await page.goBack({ waitUntil: 'commit' })
        await page.getByRole('heading', { level: 1 }).waitFor()

        expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(0)
        expect(await page.getByRole('heading', { name: /Your details|Patients/ }).count()).toBe(0)
      },
    )

    it('works without script', async () => {
      const { page } = await open({ javaScriptEnabled: false })
      await page.goto(address)
      await page.getByRole('button', { name: 'Log in with my Care Identity' }).click()
      await choosePerson(page, 'nurse')
      expect(await readDetails(page)).toEqual(nurse)

      await page.getByRole('button', { name: 'Log out' }).click()

      await page.waitForURL(`${address}/cis2/logged-out`)
    })

    it('works with a keyboard alone', async () => {
      const { page } = await open()
      await page.goto(address)
      await page.keyboard.press('Tab')
      expect(await focusedText(page)).toBe('Skip to main content')

      await tabTo(page, 'Log in with my Care Identity')
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => !url.href.startsWith(address))
      await tabTo(page, 'WHITLOCK Nora (Ms)')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${address}/account`)

      await tabTo(page, 'Log out')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${address}/cis2/logged-out`)
    })

    it('serves every page under a policy that allows no other origin and no script in the page', async () => {
      const { page } = await open()
      for (const path of ['/', '/cis2/logged-out', '/cis2/callback', '/nowhere']) {
        const response = await page.goto(address + path)
        const policy = response?.headers()['content-security-policy'] ?? ''
        expect(policy).toContain("default-src 'none'")
        expect(policy).toContain("form-action 'self'")
        expect(policy).toMatch(/script-src 'self' 'sha256-[^']+'(?:;|$)/)
        expect(policy).not.toContain('unsafe')
      }
    })

    it('gives a reference and no details when something fails unexpectedly', async () => {
      const { page, inspect } = await open()
      const log = jest.spyOn(console, 'error').mockImplementation(() => undefined)
      const failingApp = await startFailingApp('the password is swordfish')
      const listening = failingApp.address()
      const failingPort = typeof listening === 'object' ? listening?.port : undefined

      const response = await page.goto(`http://localhost:${failingPort}/`)

      expect(response?.status()).toBe(500)
      expect(await page.title()).toBe('Sorry, there is a problem with the service – Care Identity example')
      expect(await page.content()).not.toMatch(/swordfish|\.[jt]s:\d/)
      const reference = await page.getByTestId('reference').textContent()
      expect(log.mock.calls.join()).toContain(reference)
      expect(await inspect('unexpected-error')).toEqual([])
      log.mockRestore()
      failingApp.close()
    })

    it('says plainly that the port is taken', async () => {
      const second = startExampleApp(port)
      const { code, output } = await second.ended

      expect(code).toBe(1)
      expect(output.trim().split('\n')).toEqual([
        `Port ${port} is already in use. Choose another one, for example PORT=${port + 1} npm start`,
      ])
    })
  })
})

/** The first summary list of "Your details". */
async function readDetails(page: Page): Promise<Record<string, string>> {
  const rows = page.getByTestId('details')
  await rows.waitFor()
  const [keys, values] = await Promise.all([
    rows.locator('dt').allInnerTexts(),
    rows.locator('dd').allInnerTexts(),
  ])
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']))
}
