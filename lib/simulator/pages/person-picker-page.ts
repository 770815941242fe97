import type { AuthorizationRequest } from '../authorize/authorization-request.js'
import { nameOf, type Person } from '../people/person.js'
import { escapeHtml } from './escape-html.js'
import type { Page } from './page-layout.js'

/** Asks who is logging in. The form has no action: it posts to the address it was shown at, request and all. */
export function personPickerPage(people: readonly Person[], request: AuthorizationRequest): Page {
  return {
    title: 'Who is logging in?',
    html: `      <form method="post" data-testid="person-picker">
        <ul class="choices" aria-label="People">
${people.map(choice).join('\n')}
        </ul>
        <button class="secondary" name="cancel" value="true" data-testid="cancel">Cancel</button>
      </form>
      <h2>What was asked for</h2>
      <dl data-testid="request">
        <dt>Client</dt><dd>${escapeHtml(request.client.clientId)}</dd>
        <dt>Scope</dt><dd>${escapeHtml(request.scope.join(' '))}</dd>
        <dt>Authentication</dt><dd>${escapeHtml(request.acrValues.join(' ') || 'AAL3_ANY, as nothing was asked for')}</dd>
        <dt>Goes back to</dt><dd>${escapeHtml(request.redirectUri)}</dd>
      </dl>`,
  }
}

function choice(person: Person): string {
  const key = escapeHtml(person.key)
  return `          <li>
            <button name="person" value="${key}" data-testid="person-${key}" aria-describedby="about-${key}">${escapeHtml(nameOf(person))}</button>
            <span id="about-${key}">${escapeHtml(person.description)} <code>${key}</code></span>
          </li>`
}
