import type { RequestHandler } from 'express'
import { Cis2Error } from '../../lib/index.js'
import type { AppSettings } from './app.js'
import type { Page } from './browser.js'
import type { Journey } from './login.js'

/** What a script says that asks for data. */
export const script = {
  accept: 'application/json',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'sec-fetch-site': 'same-origin',
}

/** Routes behind guards: each answers "let in" to whom its guard lets in. */
export function guardedBy(guards: Readonly<Record<string, RequestHandler>>): AppSettings {
  return {
    after: (app) => {
      for (const [path, guard] of Object.entries(guards))
        app.all(path, guard, (_req, res) => void res.send('let in'))
    },
  }
}

/** What a guard says to a script: "let in", or the reason why not. */
export async function ask(
  { app, browser }: Pick<Journey, 'app' | 'browser'>,
  path: string,
): Promise<unknown> {
  const page = await browser.send('GET', app.baseUrl + path, script)
  return page.status === 200 ? page.text : memberOf(page, 'reason')
}

/** A member of a JSON answer. */
export function memberOf({ text }: Page, name: string): unknown {
  return Reflect.get(JSON.parse(text) as object, name)
}

/** The code of the error that a call throws, and its message. */
export function refusalOf(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof Cis2Error) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'nothing was refused', message: '' }
}
