import { nameOf, rolesOf, type Person, type PersonRole } from '../people/person.js'
import { escapeHtml } from './escape-html.js'
import type { Page } from './page-layout.js'

/** Asks in which role a person with several is working. */
export function rolePickerPage(person: Person): Page {
  const byId = new Map(rolesOf(person).map((role) => [role.id, role]))
  return {
    title: 'Which role are you working in?',
    html: `      <p data-testid="person">${escapeHtml(nameOf(person))}</p>
      <form method="post" data-testid="role-picker">
        <input type="hidden" name="person" value="${escapeHtml(person.key)}">
        <ul class="choices" aria-label="Roles">
${[...byId.values()].map(choice).join('\n')}
        </ul>
        <button class="secondary" name="cancel" value="true" data-testid="cancel">Cancel</button>
      </form>`,
  }
}

function choice({ id, name, organisation }: PersonRole): string {
  const value = escapeHtml(id)
  return `          <li>
            <button name="role" value="${value}" data-testid="role-${value}" aria-describedby="about-${value}">${escapeHtml(name)}</button>
            <span id="about-${value}">${escapeHtml(organisation)} <code>${value}</code></span>
          </li>`
}
