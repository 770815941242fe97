import { Router } from 'express'
import { allOf, getUser, requireActivity, requireAssurance, requireLogin } from 'express-cis2'
import { describePerson, organisationName, roleName } from './describe-person.js'

// B0420: independent prescribing.
const requirePrescriber = requireActivity('B0420')

/** The pages of this application: for everybody, for people who are logged in, and for some of those. */
export function pages(): Router {
  const router = Router()

  router.get('/', (_req, res) => {
    res.render('start')
  })

  // Where session-warning.js sends a page whose login has ended. Login leads somebody who is logged in straight on.
  router.get('/session-ended', (req, res) => {
    const { returnTo } = req.query
    const loginUrl = req.cis2.loginUrl(typeof returnTo === 'string' ? returnTo : '/')
    if (req.cis2.isLoggedIn) res.redirect(303, loginUrl)
    else res.set('Cache-Control', 'no-store').render('session-ended', { loginUrl })
  })

  router.get('/account', requireLogin(), (req, res) => {
    res.render('account', { person: describePerson(getUser(req)) })
  })

  router.get('/patients', requireLogin(), (_req, res) => {
    res.render('patients')
  })

  router.get('/prescriptions', requirePrescriber, (req, res) => {
    const { selectedRole } = getUser(req)
    // The guard lets nobody through without a role.
    if (!('role' in selectedRole)) throw new Error('a prescriber without a role')
    const { role } = selectedRole
    res.render('prescriptions', { role: roleName(role), organisation: organisationName(role) })
  })

  // Prescribers first: nobody is sent to log in again for a page that they may not see.
  const requireFreshPrescriber = allOf(
    requirePrescriber,
    requireAssurance({ authentication: 3, maxAuthAgeSeconds: 300 }),
  )
  router.get('/controlled-drugs', requireFreshPrescriber, (_req, res) => {
    res.render('controlled-drugs')
  })

  return router
}
