import type { BrowserContext, Page } from 'playwright-core'
import { waitUntil } from './wait-until.js'

// Text, because it runs in the browser. Counted where the answer is read and not where it went over the network: only
// then does the page act on it, and a page that is being left never reads what was on its way.
const counter = `
  answers = 0
  const { json } = Response.prototype
  Response.prototype.json = function () {
    const body = json.call(this)
    body.then(() => (answers += 1), () => undefined)
    return body
  }`

/** Lets every page of this browser profile count what it has learnt about how long the login lasts. */
export async function countAnswers(context: BrowserContext): Promise<void> {
  await context.addInitScript(counter)
}

/** Waits until this page knows how long the login lasts. Since it was loaded, even if that was long ago. */
export async function waitForFirstAnswer(page: Page): Promise<void> {
  await waitUntil(async () => (await answersOf(page)) > 0)
}

/** Does something, and waits until the page has learnt anew how long the login lasts. */
export async function andWaitForAnswer(page: Page, action: () => Promise<unknown>): Promise<void> {
  const before = await answersOf(page)
  await action()
  await waitUntil(async () => (await answersOf(page)) > before)
}

const answersOf = (page: Page): Promise<number> => page.evaluate<number>('answers')
