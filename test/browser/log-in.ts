import type { Page } from 'playwright-core'

/** Opens a page of the example app that asks for a login, and logs in as a person of the simulator. */
export async function logIn(page: Page, url: string, person: string): Promise<void> {
  await page.goto(url)
  await choosePerson(page, new URL(url).origin, person)
}

/** Chooses a person on the simulator's page, and waits until the browser is back. */
export async function choosePerson(page: Page, origin: string, person: string): Promise<void> {
  await page.getByTestId(`person-${person}`).click()
  await page.waitForURL((url) => url.origin === origin)
}
