// Writes docs/errors.md from the table of error codes, so that the two cannot differ. Run `npm run build` first.
import { writeFileSync } from 'node:fs'
import { errorCodes, publicMessages } from '../dist/error-codes.js'

const introduction = `# Errors

Every failure has a stable code. It is \`error.code\`, the \`reason\` of the [event](events.md), the \`code\` of a
\`application/problem+json\` answer, and it stands beside the reference on the page that the person sees. The reference on
that page is \`reference\` in the event and \`error.reference\`: search your log for it.

\`error.message\`, \`error.help\` and \`error.cause\` are for you; \`error.publicTitle\` and \`error.publicMessage\` are what the
person reads. None of them has a token, code, cookie, key or claim value in it.

This page is written by \`node scripts/write-reference.js\` from \`lib/error-codes.ts\`, in the order of a person's journey.
`

const sections = Object.entries(errorCodes).map(([code, { status, kind, cause, help }]) => {
  const { title, message } = publicMessages[kind]
  return `
## ${code}

- **Cause:** ${cause}
- **What to do:** ${help}
- **Status:** ${status}
- **What the person reads:** “${title}. ${message}”
`
})

writeFileSync(new URL('../docs/errors.md', import.meta.url), introduction + sections.join(''))
