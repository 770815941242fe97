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

/**
 * A whole page in the markup of the NHS.UK design system. It asks for nothing (no script, style sheet, font or image),
 * so it works under any content security policy; a host that wants its own look gives its own page.
 */
export function renderPage(title: string, body: string): string {
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
      <h1 class="nhsuk-heading-l">${escapeHtml(title)}</h1>
${body}
    </main>
  </div>
</body>
</html>
`
}

/** The policy under which this library's own pages are sent: nothing is loaded, nothing frames them. */
export const ownPagePolicy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
