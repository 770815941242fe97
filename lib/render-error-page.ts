import type { Cis2ErrorCode, PublicMessageKind } from './error-codes.js'
import { escapeHtml, renderLogoutForm, renderPage } from './page-layout.js'
import type { Cis2User } from './user/user.js'

/** A link on a page. */
export interface PageLink {
  /** In plain English, ready to be escaped. */
  readonly text: string
  /** A path of this application. */
  readonly href: string
}

/** What an error page may show. Nothing in it is secret, and nothing but `user` came from CIS2 or the browser. */
export interface ErrorPageContext {
  /** A short heading in plain English. */
  readonly title: string
  /** What happened and what to do, in plain English. */
  readonly message: string
  /** The stable code, for the service desk. */
  readonly code: Cis2ErrorCode
  /** The HTTP status. */
  readonly status: number
  /** The same reference as in the event and on the error; empty where no event was raised, so that it would lead nowhere. */
  readonly reference: string
  /**
   * Where to start again; it leads back to the page the person wanted. Of somebody who is logged in it leads there
   * straight away, also where they were refused: `links` has it only where it helps.
   */
  readonly loginUrl: string
  /** Where a person with several roles can choose another one; only when a role is what was refused. */
  readonly changeRoleUrl?: string
  /** The ways out that help here, the likeliest first: what the built-in page shows. */
  readonly links: readonly PageLink[]
  /** Where a form with `method="post"` logs the person out; only for somebody who is logged in. */
  readonly logoutUrl?: string
  /** The person who is logged in, for your header. */
  readonly user?: Cis2User
}

/** Where the ways out of a failure lead, as far as there are any. */
export interface WaysOut {
  readonly loginUrl: string
  readonly changeRoleUrl?: string | undefined
  /** Where somebody who is logged in goes on. */
  readonly backUrl?: string | undefined
}

// A login is no way out for somebody who is logged in already, or where nothing was wrong with it.
const withoutLoginLink: readonly PublicMessageKind[] = [
  'denied',
  'deniedByRole',
  'deniedOrganisation',
  'deniedWorkgroup',
  'noRole',
  'notDone',
  'roleNotChosen',
  'roleNotOwn',
  'stepUpOtherPerson',
  'stillLoggedIn',
]
const onceMore: readonly PublicMessageKind[] = ['cancelledLoggedIn', 'stepUpFailed', 'stepUpAgeFailed']

/** The links that help with this kind of failure, the likeliest first. */
export function buildLinks(
  kind: PublicMessageKind,
  { loginUrl, changeRoleUrl, backUrl }: WaysOut,
): PageLink[] {
  const again = onceMore.includes(kind) ? 'Try again' : 'Log in with your Care Identity'
  const role = kind === 'roleNotChosen' || kind === 'roleNotOwn' ? 'Choose your role' : 'Change your role'
  return [
    ...(withoutLoginLink.includes(kind) ? [] : [{ text: again, href: loginUrl }]),
    ...(changeRoleUrl === undefined ? [] : [{ text: role, href: changeRoleUrl }]),
    ...(backUrl === undefined ? [] : [{ text: 'Go back to the service', href: backUrl }]),
  ]
}

/** The built-in page about a failure. */
export function renderErrorPage({ title, message, code, reference, ...ways }: ErrorPageContext): string {
  const forDesk = `If you contact your IT service desk, tell them this reference: <strong>${escapeHtml(reference)}</strong> (${code})`
  const parts = [
    `<p>${escapeHtml(message)}</p>`,
    ...ways.links.map(({ text, href }) => `<p><a href="${escapeHtml(href)}">${escapeHtml(text)}</a></p>`),
    ...(ways.logoutUrl === undefined ? [] : [renderLogoutForm(ways.logoutUrl)]),
    ...(reference === '' ? [] : [`<p>${forDesk}</p>`]),
  ]
  return renderPage(title, parts.map((part) => `      ${part}`).join('\n'))
}
