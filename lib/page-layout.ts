const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text → HTML text; also fit for a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** A page with the title as its heading. */
export function renderPage(title: string, body: string): string {
  return renderDocument(title, `      <h1 class="nhsuk-heading-l">${escapeHtml(title)}</h1>\n${body}`)
}

/**
 * A whole document in the markup of the NHS.UK design system. It asks for nothing (no script, style sheet, font or image),
 * so it works under any content security policy; a host that wants its own look gives its own page.
 *
 * @param main its heading included
 */
export function renderDocument(title: string, main: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${escapeHtml(title)}</title>
</head>
<body>
  <div class="nhsuk-width-container">
    <main class="nhsuk-main-wrapper" id="maincontent">
${main}
    </main>
  </div>
</body>
</html>
`
}

/** A button that logs the person out. */
export function renderLogoutForm(logoutUrl: string): string {
  return `<form method="post" action="${escapeHtml(logoutUrl)}">
        <button class="nhsuk-button" type="submit">Log out</button>
      </form>`
}

/** The policy under which this library's own pages are sent: nothing is loaded, nothing frames them. */
export const ownPagePolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
