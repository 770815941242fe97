import type { Express } from 'express'
import helmet from 'helmet'

// The one inline script of the NHS template: it tells the style sheet that scripts run. No other script is allowed.
const nhsTemplateScript = "'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"

/** Security headers, with a policy that lets a page use only what this application itself serves. */
export function setUpSecurity(app: Express): void {
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: [nhsTemplateScript],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          manifestSrc: ["'self'"],
          // Enough for "Log out", which ends on a page of this application. With `logout: { provider: true }`
          // the form is redirected to CIS2, and browsers want the origin of CIS2 here too.
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // With helmet's 'no-referrer', browsers send `Origin: null` with a form. Those that do not send Sec-Fetch-Site
      // either would then have no way to show that "Log out" was pressed on our own page.
      referrerPolicy: { policy: 'same-origin' },
    }),
  )
}
