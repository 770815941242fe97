import { escapeHtml, renderLogoutForm, renderPage } from '../page-layout.js'

/** The built-in page of somebody who opened the address of the log-out form: only the form itself logs out. */
export function renderLogoutPage({ logoutUrl, backUrl }: { logoutUrl: string; backUrl: string }): string {
  return renderPage(
    'Log out of this service?',
    `      ${renderLogoutForm(logoutUrl)}
      <p><a href="${escapeHtml(backUrl)}">Go back to the service</a></p>`,
  )
}
