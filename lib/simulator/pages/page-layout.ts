import type { Reply } from '../reply.js'
import { escapeHtml } from './escape-html.js'

/** A page of the simulator: its title, also its heading, and the HTML below that. */
export interface Page {
  readonly title: string
  readonly html: string
}

/** The style sheet's path, behind the issuer's. */
export const styleSheetPath = '/simulator.css'

/**
 * Sends a page. Scripts are not allowed at all; forms may go to the simulator itself and, because browsers hold a
 * redirect after a form to the same rule, to the origin of the redirect URI.
 */
export function htmlReply(status: number, page: Page, issuerPath: string, redirectUri?: string): Reply {
  const formTargets = ["'self'", ...(redirectUri === undefined ? [] : [sourceOf(redirectUri)])].join(' ')
  const policy = `default-src 'none'; style-src 'self'; form-action ${formTargets}; base-uri 'none'; frame-ancestors 'none'`
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
    body: layOut(page, issuerPath),
  }
}

function layOut({ title, html }: Page, issuerPath: string): string {
  return `<!doctype html>
<html lang="en-GB">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)} – CIS2 simulator</title>
    <link rel="stylesheet" href="${escapeHtml(issuerPath + styleSheetPath)}">
  </head>
  <body>
    <a class="skip" href="#main">Skip to main content</a>
    <header><p>CIS2 simulator <span>Not a real log in: everyone here is invented</span></p></header>
    <main id="main" tabindex="-1">
      <h1>${escapeHtml(title)}</h1>
${html}
    </main>
  </body>
</html>
`
}

/** A custom scheme has no origin: the scheme is then what a policy can name. */
function sourceOf(uri: string): string {
  const { origin, protocol } = new URL(uri)
  return origin === 'null' ? protocol : origin
}
