import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import express, { type Express } from 'express'
import { browserFolder, compiledBrowserFolder, nhsukFolder } from './folders.js'

/** What pages load: the NHS design system and the session warning, all from this application's own address. */
export function setUpAssets(app: Express): void {
  const styleSheet = withoutRemoteFonts(
    readFileSync(join(nhsukFolder, 'nhsuk/nhsuk-frontend.min.css'), 'utf8'),
  )

  app.get('/assets/nhsuk-frontend.min.css', (_req, res) => {
    res.set('Cache-Control', 'public, max-age=3600').type('css').send(styleSheet)
  })
  app.get('/assets/session-warning.css', (_req, res) => {
    res.sendFile('session-warning.css', { root: browserFolder, maxAge: '1h' })
  })
  app.get('/assets/session-warning.js', (_req, res) => {
    res.sendFile('session-warning.js', { root: compiledBrowserFolder, maxAge: '1h' })
  })
  app.use('/assets', express.static(join(nhsukFolder, 'nhsuk/assets'), { maxAge: '1h' }))
}

/**
 * The stock style sheet fetches the Frutiger font from assets.nhs.uk, which the security policy of this application
 * forbids and a network without internet cannot reach. Without it, the style sheet's own fall-back (Arial) is used.
 */
function withoutRemoteFonts(styleSheet: string): string {
  return styleSheet.replaceAll(/@font-face\s*\{[^}]*\}/g, '')
}
