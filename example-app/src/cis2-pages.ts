import type { Cis2Options } from 'express-cis2'
import type { Environment } from 'nunjucks'

export type Cis2Pages = NonNullable<Cis2Options['pages']>

/** The pages that the library shows at its own addresses, in this application's clothes. */
export function createCis2Pages(views: Environment): Cis2Pages {
  return {
    error: (context) => views.render('cis2-error.njk', context),
    loggedOut: (context) => views.render('logged-out.njk', context),
  }
}
