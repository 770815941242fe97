import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const screenshots = fileURLToPath(new URL('screenshots', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
mkdirSync(screenshots, { recursive: true })

const desktop = { width: 1280, height: 900 }
const phone = { width: 360, height: 740 }

/** A page of a new browser profile that keeps count of what should not happen on it. */
export interface InspectedPage {
  page: Page
  /** Requests that left this machine, console errors, and scripts that failed. */
  faults: string[]
  /** Takes screenshots on a desktop and on a phone, and lists what is wrong with the page as it is now. */
  inspect(name: string): Promise<string[]>
  close(): Promise<void>
}

interface AxeViolation {
  id: string
  nodes: { html: string }[]
}

// Text, because it runs in the browser; only the violations, because the rest is large.
const runAxe = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)"

export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<InspectedPage> {
  const context = await browser.newContext({ viewport: desktop, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const faults: string[] = []
  const errorPages = new Set<string>()

  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol.startsWith('http') && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
      faults.push(`request to ${request.url()}`)
    }
  })
  context.on('response', (response) => {
    if (response.status() >= 400 && response.request().isNavigationRequest()) errorPages.add(response.url())
  })
  page.on('console', (message) => {
    // Chromium reports the status of an error page here: that is what was asked for, not a fault.
    if (message.type() === 'error' && !errorPages.has(message.location().url)) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))

  const inspect = async (name: string): Promise<string[]> => {
    await page.evaluate(axe)
    const problems: string[] = []
    if ((await page.locator('h1').count()) !== 1) problems.push('not exactly one h1')
    if (!(await page.locator('html').getAttribute('lang'))?.startsWith('en')) problems.push('no language')
    for (const size of [phone, desktop]) {
      await page.setViewportSize(size)
      await page.screenshot({ path: `${screenshots}/${name}-${size.width}.png`, fullPage: true })
      problems.push(...(await inspectLayout(page, size.width)))
    }
    return problems
  }

  return { page, faults, inspect, close: () => context.close() }
}

async function inspectLayout(page: Page, width: number): Promise<string[]> {
  const problems: string[] = []
  const scrollWidth = await page.evaluate<number>('document.documentElement.scrollWidth')
  if (scrollWidth > width) problems.push(`${scrollWidth} px wide at ${width} px: scrolls sideways`)

  for (const { id, nodes } of await page.evaluate<AxeViolation[]>(runAxe)) {
    problems.push(`axe ${id} at ${width} px: ${nodes.map(({ html }) => html).join(' ')}`)
  }
  return problems
}
