import { Router } from 'express'
import { getUser, requireLogin } from 'express-cis2'
import { describePerson } from './describe-person.js'

/** The pages of this application: one for everybody, two for people who are logged in. */
export function pages(): Router {
  const router = Router()

  router.get('/', (_req, res) => {
    res.render('start')
  })

  router.get('/account', requireLogin(), (req, res) => {
    res.render('account', { person: describePerson(getUser(req)) })
  })

  router.get('/patients', requireLogin(), (_req, res) => {
    res.render('patients')
  })

  return router
}
