import type { LoggedOutPageContext } from '../config/page-contexts.js'
import { escapeHtml, renderPage } from '../page-layout.js'

/** The built-in page after logging out. */
export function renderLoggedOutPage({ loginUrl, mayBeLoggedInAtCis2 }: LoggedOutPageContext): string {
  const warning = mayBeLoggedInAtCis2
    ? '      <p>You may still be logged in to your Care Identity. Remove your smartcard if you use one.</p>\n'
    : ''
  return renderPage(
    'You have logged out',
    `${warning}      <p>Close your browser if you are on a shared computer.</p>
      <p><a href="${escapeHtml(loginUrl)}">Log in again</a></p>`,
  )
}
