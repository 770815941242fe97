import type { Express } from 'express'
import nunjucks, { type Environment } from 'nunjucks'
import { nhsukFolder, viewsFolder } from './folders.js'

/** Nunjucks with this application's views and the templates and macros of the NHS design system. */
export function setUpViews(app: Express): Environment {
  app.set('view engine', 'njk')
  return nunjucks.configure([viewsFolder, nhsukFolder], { autoescape: true, express: app })
}
