import { escapeHtml } from './escape-html.js'
import type { Page } from './page-layout.js'

/** `response_mode=form_post` without the script that usually submits it. */
export function formPostPage(redirectUri: string, parameters: readonly (readonly [string, string])[]): Page {
  const fields = parameters.map(
    ([name, value]) =>
      `        <input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  return {
    title: 'Go back to the application',
    html: `      <form method="post" action="${escapeHtml(redirectUri)}" data-testid="form-post">
${fields.join('\n')}
        <button data-testid="continue">Continue</button>
      </form>`,
  }
}
