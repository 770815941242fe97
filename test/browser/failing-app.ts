import type { Server } from 'node:http'
import express from 'express'
import { setUpAssets } from '../../example-app/src/set-up-assets.js'
import { setUpSecurity } from '../../example-app/src/set-up-security.js'
import { setUpViews } from '../../example-app/src/set-up-views.js'
import { unexpectedError } from '../../example-app/src/unexpected-error.js'

/** The example app's error handler behind a page that always fails: no page of the example app itself does. */
export function startFailingApp(message: string): Promise<Server> {
  const app = express()
  setUpViews(app)
  setUpSecurity(app)
  setUpAssets(app)
  app.get('/', () => {
    throw new Error(message)
  })
  app.use(unexpectedError())
  return new Promise((resolve) => {
    const server = app.listen(0, () => resolve(server))
  })
}
