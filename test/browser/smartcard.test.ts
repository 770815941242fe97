import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { findChromium } from './find-chromium.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { choosePerson, logIn } from './log-in.js'
import { hasRedis, startRedis, type RunningRedis } from './start-redis.js'

const executablePath = findChromium()

const nurse = 'Nora Whitlock'
const receptionist = 'CALDER Ines'
const bed = 'Invented ward, bed 4'

if (executablePath === undefined || !hasRedis) {
  describe('a pulled smartcard: NOT RUN, Chromium or redis-server was not found', () => {
    it('may be left out unless CIS2_REQUIRE_ALL_SUITES is 1', () => {
      process.stderr.write(
        'test/browser/smartcard.test.ts was not run: Chromium or redis-server is missing.\n',
      )
      expect(process.env.CIS2_REQUIRE_ALL_SUITES).not.toBe('1')
    })
  })
} else {
  describe.each(['memory', 'Redis'])('a pulled smartcard, with sessions in %s', (store) => {
    let redis: RunningRedis | undefined
    let simulator: Simulator
    let exampleApp: ExampleAppProcess
    let address: string
    let browser: Browser
    let opened: InspectedPage
    let page: Page

    beforeAll(async () => {
      redis = store === 'Redis' ? await startRedis() : undefined
      simulator = await startSimulator()
      const port = await findFreePort()
      exampleApp = startExampleApp(port, {
        CIS2_ISSUER: simulator.issuer,
        CIS2_CLIENT_ID: simulator.client.clientId,
        CIS2_JWKS: JSON.stringify(simulator.client.jwks),
        CIS2_BASE_URL: `http://localhost:${port}`,
        CIS2_SECRET: 'seals the login attempts of this test',
        ...(redis ? { REDIS_URL: redis.url, SESSION_SECRET: 'signs the session cookies of this test' } : {}),
      })
      address = await exampleApp.address
      browser = await launchChromium(executablePath)
    })

    afterAll(async () => {
      await browser.close()
      await exampleApp.stop()
      await simulator.close()
      await redis?.stop()
    })

    afterEach(async () => {
      await opened.close()
      expect(opened.faults).toEqual([])
    })

    async function openPatients(): Promise<void> {
      opened = await openPage(browser)
      page = opened.page
      await page.clock.install()
      await logIn(page, `${address}/account`, 'nurse')
      await page.getByRole('link', { name: 'Go to the patients page' }).click()
      await page.getByText(bed).waitFor()
    }

    async function pullSmartcard(): Promise<void> {
      const { status } = await simulator.sendLogoutToken()
      expect(status).toBe(200)
    }

    /** Every tab that was open, and what the back button finds, is without the patient and the nurse. */
    async function expectNothingOf(name: string): Promise<void> {
      expect(await page.getByText(bed).count()).toBe(0)
      expect(await page.content()).not.toContain(name)
    }

    it('logs the page out at its next request, and the back button shows nothing of it', async () => {
      await openPatients()
      await pullSmartcard()

      await page.getByRole('link', { name: 'See your details' }).click()

      await page.getByTestId('person-picker').waitFor()
      for (const _step of [1, 2]) {
        await page.goBack({ waitUntil: 'commit' })
        await page.getByTestId('person-picker').waitFor()
        await expectNothingOf(nurse)
      }
    })

    it('shows the next person nothing of the one before', async () => {
      await openPatients()
      await pullSmartcard()
      await page.goto(`${address}/account`)

      await choosePerson(page, address, 'receptionist')

      await page.getByRole('heading', { name: 'Your details' }).waitFor()
      expect(await page.getByTestId('details').innerText()).toContain(receptionist)
      await expectNothingOf(nurse)
      // The pages before are the new person's now.
      await page.goBack({ waitUntil: 'commit' })
      await page.goBack({ waitUntil: 'commit' })
      await page.waitForURL((url) => url.origin === address)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await page.content()).not.toContain(nurse)
    })

    it('takes a page away that nobody touches', async () => {
      await openPatients()
      await pullSmartcard()

      await page.clock.fastForward(60_000)

      await page.waitForURL(`${address}/session-ended?returnTo=%2Fpatients`)
      await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
      await expectNothingOf(nurse)
    })
  })
}
