import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// npm may put nhsuk-frontend beside this application or at the root of the workspace: Node knows which.
const nhsukPackage = createRequire(import.meta.url).resolve('nhsuk-frontend/package.json')

/** The folder above `nhsuk`: templates name each other as `nhsuk/components/…`. */
export const nhsukFolder = join(dirname(nhsukPackage), 'dist')

export const viewsFolder = fileURLToPath(new URL('../views', import.meta.url))

/** What runs in the browser, as written and as compiled. */
export const browserFolder = fileURLToPath(new URL('../browser', import.meta.url))
export const compiledBrowserFolder = fileURLToPath(new URL('../dist/browser', import.meta.url))
