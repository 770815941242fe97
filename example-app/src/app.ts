import express, { type Express } from 'express'
import { apiPlatformPage } from './api-platform-page.js'
import { createCis2Pages } from './cis2-pages.js'
import { connectToCis2 } from './connect-to-cis2.js'
import { pageNotFound } from './page-not-found.js'
import { pages } from './pages.js'
import { setUpAssets } from './set-up-assets.js'
import { setUpSecurity } from './set-up-security.js'
import { setUpSessions } from './set-up-sessions.js'
import { setUpViews } from './set-up-views.js'
import type { Settings } from './settings.js'
import { showWhoIsLoggedIn } from './show-who-is-logged-in.js'
import { unexpectedError } from './unexpected-error.js'

export interface ExampleApp {
  app: Express
  /** Where the simulator is, when this is not a real CIS2. */
  simulatorUrl: string | undefined
  close(): Promise<void>
}

/** The whole application, in the order in which a request meets it. */
export async function createApp(settings: Settings): Promise<ExampleApp> {
  const app = express()
  if (settings.proxies > 0) app.set('trust proxy', settings.proxies)

  const views = setUpViews(app)
  const { cis2, simulatorUrl, platform, disconnect } = await connectToCis2(settings, createCis2Pages(views))
  app.locals.simulated = simulatorUrl !== undefined
  app.locals.hasPlatform = platform !== undefined

  setUpSecurity(app, simulatorUrl)
  setUpAssets(app)
  const closeSessions = await setUpSessions(app, settings)
  app.use(cis2.router())
  app.use(showWhoIsLoggedIn())
  app.use(pages())
  if (platform) app.use(apiPlatformPage(platform))
  app.use(pageNotFound())
  app.use(unexpectedError())

  const close = async (): Promise<void> => {
    await disconnect()
    await closeSessions()
  }
  return { app, simulatorUrl, close }
}
