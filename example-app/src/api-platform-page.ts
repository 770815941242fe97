import { Router } from 'express'
import { getUser, requireAssurance } from 'express-cis2'
import { answerPlatformError } from './answer-platform-error.js'
import { askPlatform } from './ask-platform.js'
import { selectedRoleText } from './describe-person.js'
import type { Platform } from './platform-settings.js'

/** A page that asks an API of NHS England's API platform about the person, and shows what it answered. */
export function apiPlatformPage(platform: Platform): Router {
  const router = Router()
  // The platform gives tokens for most user-restricted APIs only to people who have logged in at level 3.
  router.get('/api-platform', requireAssurance({ authentication: 3 }), async (req, res) => {
    const answer = await askPlatform(req, platform)
    res.render('api-platform', { answer, role: selectedRoleText(getUser(req)) })
  })
  router.use(answerPlatformError())
  return router
}
