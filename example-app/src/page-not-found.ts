import type { RequestHandler } from 'express'

export function pageNotFound(): RequestHandler {
  return (_req, res) => {
    res.status(404).render('page-not-found')
  }
}
