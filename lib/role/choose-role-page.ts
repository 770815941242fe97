import type { ChooseRolePageContext } from '../config/page-contexts.js'
import { escapeHtml, renderDocument } from '../page-layout.js'
import type { Cis2Role } from '../user/role.js'

const question = 'Which role are you working in?'

/** The built-in page: one radio button for each role, and what was wrong where the form was sent without one. */
export function renderChooseRolePage({ roles, selectedRole, error, ...form }: ChooseRolePageContext): string {
  const selectedId = 'role' in selectedRole ? selectedRole.role.id : undefined
  const items = roles.map((role, index) => renderRole(role, `role-${index + 1}`, role.id === selectedId))
  const page = `      <form action="${escapeHtml(form.action)}" method="post">
        <input type="hidden" name="returnTo" value="${escapeHtml(form.returnTo)}">
        <div class="nhsuk-form-group${error === undefined ? '' : ' nhsuk-form-group--error'}">
          <fieldset class="nhsuk-fieldset"${error === undefined ? '' : ' aria-describedby="role-error"'}>
            <legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--l">
              <h1 class="nhsuk-fieldset__heading">${question}</h1>
            </legend>
${error === undefined ? '' : renderMessage(error)}            <div class="nhsuk-radios">
${items.join('\n')}
            </div>
          </fieldset>
        </div>
        <button class="nhsuk-button" type="submit">Continue</button>
      </form>${selectedId === undefined ? '' : `\n      <p><a href="${escapeHtml(form.returnTo)}">Cancel</a></p>`}`
  return error === undefined
    ? renderDocument(question, page)
    : renderDocument(`Error: ${question}`, renderSummary(error) + page)
}

function renderSummary(error: string): string {
  return `      <div class="nhsuk-error-summary" aria-labelledby="error-summary-title" role="alert">
        <h2 class="nhsuk-error-summary__title" id="error-summary-title">There is a problem</h2>
        <div class="nhsuk-error-summary__body">
          <ul class="nhsuk-list nhsuk-error-summary__list">
            <li><a href="#role-1">${escapeHtml(error)}</a></li>
          </ul>
        </div>
      </div>
`
}

function renderMessage(error: string): string {
  return `            <p class="nhsuk-error-message" id="role-error">Error: ${escapeHtml(error)}</p>
`
}

// Without `required`: the browser's own message would come instead of ours, and goes away again.
function renderRole(role: Cis2Role, id: string, isSelected: boolean): string {
  return `              <div class="nhsuk-radios__item">
                <input class="nhsuk-radios__input" id="${id}" name="roleId" type="radio" value="${escapeHtml(role.id)}" aria-describedby="${id}-hint"${isSelected ? ' checked' : ''}>
                <label class="nhsuk-label nhsuk-radios__label" for="${id}">${escapeHtml(roleName(role))}</label>
                <div class="nhsuk-hint nhsuk-radios__hint" id="${id}-hint">${escapeHtml(organisationName(role))}</div>
              </div>`
}

function roleName({ name, jobRole, code }: Cis2Role): string {
  return name ?? jobRole ?? code ?? 'Role without a name'
}

function organisationName({ organisation: { name, code } }: Cis2Role): string {
  if (name === undefined) return code ?? 'Organisation not given'
  return code === undefined ? name : `${name} (${code})`
}
