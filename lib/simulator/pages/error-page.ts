import { escapeHtml } from './escape-html.js'
import type { Page } from './page-layout.js'

/** What a person sees when the browser can be sent nowhere: CIS2's text, and under it what the simulator knows. */
export function errorPage(error: string, description: string, refusal: string): Page {
  return {
    title: 'There is a problem with this request',
    html: `      <p data-testid="error-description">${escapeHtml(description)}</p>
      <dl>
        <dt>Error</dt><dd data-testid="error">${escapeHtml(error)}</dd>
        <dt>What the simulator saw</dt><dd data-testid="refusal">${escapeHtml(refusal)}</dd>
      </dl>`,
  }
}
