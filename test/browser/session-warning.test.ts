import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { choosePerson, logIn } from './log-in.js'
import { andWaitForAnswer, countAnswers, waitForFirstAnswer } from './page-answers.js'
import { waitUntil } from './wait-until.js'
import { withChromium } from './with-chromium.js'

const minute = 60
const hour = 60 * minute
const bed = 'Invented ward, bed 4'

withChromium('the session warning in a browser', (executablePath) => {
  describe('the session warning in a browser', () => {
    let exampleApp: ExampleAppProcess
    let address: string
    let browser: Browser
    let opened: InspectedPage
    let patientApp: ExampleAppProcess | undefined

    beforeAll(async () => {
      exampleApp = startExampleApp(await findFreePort())
      address = await exampleApp.address
      browser = await launchChromium(executablePath)
    })

    afterAll(async () => {
      await browser.close()
      await exampleApp.stop()
    })

    afterEach(async () => {
      await opened.close()
      await patientApp?.stop()
      patientApp = undefined
      expect(opened.faults).toEqual([])
    })

    async function openPatients(options?: BrowserContextOptions): Promise<Page> {
      opened = await openPage(browser, options)
      const { page } = opened
      const hasScript = options?.javaScriptEnabled !== false
      if (hasScript) await stopClock(page)
      await countAnswers(page.context())
      await logIn(page, `${address}/patients?list=today`, 'nurse')
      if (hasScript) await waitForFirstAnswer(page)
      return page
    }

    /** Lets time go by for the server and for every tab at once: a computer that sleeps sees no more of it. */
    async function pass(page: Page, seconds: number): Promise<void> {
      await exampleApp.moveClock(seconds)
      await page.clock.fastForward(seconds * 1000)
    }

    it('comes two minutes before the end, and not when the person was active meanwhile', async () => {
      const page = await openPatients()
      await pass(page, 12 * minute)
      await page.getByRole('link', { name: 'See your details' }).click()
      await page.getByRole('heading', { name: 'Your details' }).waitFor()
      await waitForFirstAnswer(page)
      await andWaitForAnswer(page, () => pass(page, 12 * minute))
      expect(await page.getByRole('dialog').count()).toBe(0)

      await pass(page, minute + 5)

      const dialog = page.getByRole('dialog', { name: 'You are about to be logged out' })
      await dialog.waitFor()
      expect(await dialog.innerText()).toMatch(/You will be logged out in 1 minute [45]\d seconds\./)
      expect(await inspectWithClock(opened, 'session-warning')).toEqual([])
    })

    it('does not even flash in a tab while the person is active in another', async () => {
      const page = await openPatients()
      const second = await page.context().newPage()
      await second.goto(`${address}/account`)
      await andWaitForAnswer(page, () => pass(page, 12 * minute))
      await second.reload()
      await page.evaluate(`
        flashes = 0
        new MutationObserver(() => (flashes += 1)).observe(document.querySelector('dialog'), { attributes: true })`)

      await andWaitForAnswer(page, () => pass(page, minute + 5))

      expect(await page.evaluate('flashes')).toBe(0)
    })

    it('counts every second for the eye, and says it twice a minute to a screen reader', async () => {
      const page = await openPatients()
      await pass(page, 13 * minute)
      await page.getByRole('dialog').waitFor()
      const description = await page.evaluate<string>(`
        document.querySelector('dialog').getAttribute('aria-describedby').split(' ')
          .map((id) => document.getElementById(id).textContent).join(' ').replace(/\\s+/g, ' ')`)
      expect(description).toContain('You will be logged out in 2 minutes.')
      await page.route('**/cis2/session', () => undefined)
      await page.evaluate(`
        shown = []
        said = []
        for (const [part, texts] of [['countdown', shown], ['announcement', said]]) {
          const element = document.querySelector('[data-part=' + part + ']')
          new MutationObserver(() => texts.push(element.textContent)).observe(element, { childList: true })
        }`)

      for (let second = 0; second < 62; second += 1) await page.clock.runFor(1000)

      expect(await page.evaluate('said')).toEqual(['1 minute 30 seconds', '1 minute'])
      expect(await page.evaluate<string[]>('shown')).toEqual(
        expect.arrayContaining(['1 minute 31 seconds', '1 minute', '59 seconds']),
      )
      expect(await page.getByRole('status').getAttribute('aria-live')).not.toBe('assertive')
      expect(await page.locator('p[aria-hidden=true] [data-part=countdown]').count()).toBe(1)
    })

    it.each(['Enter', 'Escape'])('keeps a person logged in who presses %s', async (key) => {
      const page = await openPatients()
      await page.keyboard.press('Tab')
      const link = page.getByRole('link', { name: 'See your details' })
      await link.focus()
      await pass(page, 13 * minute + 5)
      await page.getByRole('dialog').waitFor()
      expect(await focusedText(page)).toBe('Stay logged in')
      await page.keyboard.press('Tab')
      expect(await focusedText(page)).toBe('Log out')
      await page.keyboard.press('Shift+Tab')

      const extended = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.keyboard.press(key)

      expect((await extended).status()).toBe(200)
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      expect(await focusedText(page)).toBe('See your details')
      await pass(page, 12 * minute)
      await link.click()
      await page.getByRole('heading', { name: 'Your details' }).waitFor()
    })

    it('lets a person log out at once', async () => {
      const page = await openPatients()
      await pass(page, 13 * minute + 5)
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${address}/cis2/logged-out`)
    })

    it('says when the person could not be kept logged in, and tries again', async () => {
      const page = await openPatients()
      await pass(page, 13 * minute + 5)
      await page.getByRole('dialog').waitFor()
      let answer: (() => Promise<void>) | undefined
      await page.route('**/cis2/session', (route) => {
        answer = () => route.abort()
      })
      await page.keyboard.press('Escape')
      await waitUntil(() => answer !== undefined)
      expect(await page.getByRole('dialog').count()).toBe(1)
      await answer?.()
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').innerText()).toContain('Check your connection')
      expect(await inspectWithClock(opened, 'session-warning-failed')).toEqual([])
      await page.unroute('**/cis2/session')

      await page.keyboard.press('Enter')

      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      expect(opened.faults.splice(0).every((fault) => fault.includes('net::ERR_FAILED'))).toBe(true)
    })

    it.each([
      ['with a hint from the other tab', true],
      ['without one', false],
    ])('closes in every tab when the person stays in one, %s', async (_how, hasHints) => {
      const page = await openPatients()
      if (!hasHints)
        await page
          .context()
          .addInitScript('BroadcastChannel = class extends EventTarget { postMessage() {} }')
      await page.reload()
      const second = await page.context().newPage()
      await second.goto(`${address}/account`)
      await pass(page, 13 * minute + 5)
      await page.getByRole('dialog').waitFor()
      await second.getByRole('dialog').waitFor()
      // Another tab's word alone is not believed.
      const hint = (): Promise<unknown> =>
        page.evaluate('new BroadcastChannel("login").postMessage("stayed")')
      if (hasHints) await andWaitForAnswer(second, hint)
      else await hint()
      expect(await second.getByRole('dialog').count()).toBe(1)

      const methods: string[] = []
      second.on('request', (request) => methods.push(request.method()))
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      if (!hasHints) await pass(page, 10)

      // No time goes by: the tab would not have asked by itself.
      await second.getByRole('dialog').waitFor({ state: 'hidden' })
      expect([...new Set(methods)]).toEqual(['GET'])
    })

    it('sends unattended pages in every tab to the page for an ended session, and back after login', async () => {
      const page = await openPatients()
      const second = await page.context().newPage()
      await second.goto(`${address}/account`)

      await pass(page, 15 * minute + 1)

      for (const tab of [page, second]) {
        await tab.waitForURL(`${address}/session-ended?*`)
        await tab.getByRole('heading', { name: 'Your session has ended' }).waitFor()
        expect(await tab.content()).not.toMatch(/Whitlock|bed 4/)
      }
      expect(await inspectWithClock(opened, 'session-ended')).toEqual([])
      await page.goBack({ waitUntil: 'commit' })
      expect(await page.getByText(bed).count()).toBe(0)
      // Not until "load": a page that comes back from the cache is not loaded again.
      await page.goForward({ waitUntil: 'commit' })
      await page.getByRole('button', { name: 'Log in again' }).click()
      await choosePerson(page, address, 'nurse')
      expect(page.url()).toBe(`${address}/patients?list=today`)
    })

    it('takes the page away as soon as the time of the warning is over', async () => {
      const page = await openPatients()
      await pass(page, 13 * minute + 5)
      await page.getByRole('dialog').waitFor()
      await andWaitForAnswer(page, () => pass(page, minute + 51))

      // Less than the time after which it asks again while it warns.
      await pass(page, 5)

      await page.waitForURL(`${address}/session-ended?*`)
    })

    it('shows nothing after a sleep while the server is asked, and leaves when it cannot be asked', async () => {
      const page = await openPatients()
      let answer: (() => Promise<void>) | undefined
      await page.route('**/cis2/session', (route) => {
        answer = () => route.abort()
      })

      await pass(page, 3 * hour)

      await page.getByText(bed).waitFor({ state: 'hidden' })
      expect(page.url()).toBe(`${address}/patients?list=today`)
      await waitUntil(() => answer !== undefined)
      await answer?.()
      await page.waitForURL(`${address}/session-ended?*`)
      expect(opened.faults.splice(0)).toHaveLength(1)
    })

    it('asks as soon as the tab is seen again, whatever its timers did', async () => {
      const page = await openPatients()
      await page.context().addInitScript('setInterval = () => 0')
      await page.reload()
      await waitForFirstAnswer(page)
      await exampleApp.moveClock(15 * minute + 1)

      await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')

      await page.waitForURL(`${address}/session-ended?*`)
    })

    it('makes a page anew that comes back from the memory of the browser', async () => {
      const page = await openPatients()
      await page.context().clearCookies()
      await page.evaluate('window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))')
      expect(await page.getByText(bed).isVisible()).toBe(false)
      await page.evaluate('window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
      await page.getByTestId('person-picker').waitFor()
    })

    it('takes the page of one person away when another has logged in', async () => {
      const page = await openPatients()
      await pass(page, 10)
      const second = await page.context().newPage()
      await second.goto(`${address}/cis2/login?reauthenticate=true&returnTo=/account`)
      await choosePerson(second, address, 'receptionist')

      await pass(page, minute)

      await page.getByRole('link', { name: 'Whitlock' }).waitFor({ state: 'detached' })
      expect(page.url()).toBe(`${address}/patients?list=today`)
      await page.getByRole('button', { name: 'Log out' }).waitFor()
    })

    it('says when staying logged in is not possible, and comes only once', async () => {
      patientApp = startExampleApp(await findFreePort(), {
        IDLE_TIMEOUT_MINUTES: String((12 * hour) / minute),
      })
      const url = `${await patientApp.address}/patients`
      opened = await openPage(browser)
      const { page } = opened
      await stopClock(page)
      await countAnswers(page.context())
      const passHere = async (seconds: number): Promise<void> => {
        await patientApp?.moveClock(seconds)
        await page.clock.fastForward(seconds * 1000)
      }
      await logIn(page, url, 'nurse')
      await waitForFirstAnswer(page)
      await andWaitForAnswer(page, () => passHere(6 * hour))
      await page.goto(url)
      await waitForFirstAnswer(page)
      await passHere(6 * hour - minute)

      await page.getByText('You have been logged in for as long as one login may last').waitFor()
      expect(await focusedText(page)).toBe('Close this message')
      expect(await page.getByRole('button', { name: 'Stay logged in' }).count()).toBe(0)
      expect(await inspectWithClock(opened, 'session-warning-final')).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await andWaitForAnswer(page, () => passHere(20))
      expect(await page.getByRole('dialog').count()).toBe(0)

      await passHere(minute)
      await page.waitForURL('**/session-ended?*')
    })

    it('is not needed: without script, the next page says that the session has ended', async () => {
      const page = await openPatients({ javaScriptEnabled: false })
      expect(await page.getByRole('dialog').count()).toBe(0)
      await exampleApp.moveClock(15 * minute + 1)

      await page.reload()

      expect(await page.title()).toBe('Your session has ended – Care Identity example')
      expect(await page.getByText(bed).count()).toBe(0)
      await page.getByRole('button', { name: 'Log in again' }).click()
      await choosePerson(page, address, 'nurse')
      expect(page.url()).toBe(`${address}/patients?list=today`)
    })
  })
})

/** From here on, time goes by for these pages only when the test says so, however busy the machine is. */
async function stopClock(page: Page): Promise<void> {
  await page.clock.install()
  await page.clock.pauseAt(Date.now() + 1000)
}

/** Time goes by meanwhile: axe waits for timers of the page. */
async function inspectWithClock({ page, inspect }: InspectedPage, name: string): Promise<string[]> {
  await page.clock.resume()
  const problems = await inspect(name)
  await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 1000)
  return problems
}

function focusedText(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.textContent.trim()')
}
