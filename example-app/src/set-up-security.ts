import type { Express } from 'express'
import helmet from 'helmet'

// The one inline script of the NHS template: it tells the style sheet that scripts run. No other inline script is allowed.
const nhsTemplateScript = "'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"

/** Security headers, with a policy that lets a page use only what this application itself serves. */
export function setUpSecurity(app: Express, simulatorUrl?: string): void {
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'", nhsTemplateScript],
          // The session warning asks /cis2/session.
          connectSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          manifestSrc: ["'self'"],
          // A form may lead to CIS2: "Log out" with `logout: { provider: true }`, and the choice of a role with which
          // a person goes on to a page that asks for a stronger login. Browsers want such places here too.
          formAction: ["'self'", simulatorUrl ?? 'https:'],
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
