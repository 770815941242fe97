import type { Response } from 'express'
import { withinSignal } from './deadline.js'
import type { Cis2EventEmitter } from './events.js'
import { ownPagePolicy } from './page-layout.js'
import { safeCause } from './untrusted-text.js'

// A person is waiting.
const pageMs = 5_000

/** A page of the application's own instead of a built-in one: returns the whole HTML document. */
export type Page<Context> = (context: Context) => string | Promise<string>

/** The request that gets a page, and who hears of it when the application's own page fails. */
export interface PageCall {
  readonly res: Response
  readonly reference: string
  readonly route: string
  readonly events: Pick<Cis2EventEmitter, 'warn'>
}

/**
 * Sends the host's page, or the built-in one when there is none or it fails: a person never sees a broken page, and
 * the warning is how anybody else hears of it.
 */
export async function sendPage<Context>(
  { res, reference, route, events }: PageCall,
  page: {
    name: string
    own: Page<Context> | undefined
    builtIn: (context: Context) => string
    /** The policy of the built-in page. @default that of a page without anything */
    policy?: string
  },
  context: Context,
): Promise<void> {
  let html: unknown
  let failure: string | undefined
  try {
    html = page.own && (await withinSignal(Promise.resolve(page.own(context)), AbortSignal.timeout(pageMs)))
    if (page.own && typeof html !== 'string') failure = `returned ${typeof html} instead of text`
  } catch (error) {
    failure = `threw ${safeCause(error).message}`
  }
  if (failure !== undefined) {
    const option = `pages.${page.name}`
    const message = `your function ${failure}; the person saw the built-in page`
    events.warn([{ reference, route, outcome: 'failure', reason: 'ERR_CIS2_PAGE', option, message }])
  }
  if (typeof html !== 'string') {
    res.setHeader('Content-Security-Policy', page.policy ?? ownPagePolicy)
    html = page.builtIn(context)
  }
  res.type('html').send(html)
}
