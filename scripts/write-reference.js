// Writes docs/errors.md from the table of error codes, so that the two cannot differ; `--print` shows it instead.
// `npm run docs` builds first.
import { writeFileSync } from 'node:fs'
import { errorCodes, publicMessages } from '../dist/error-codes.js'

const { stillLoggedIn } = publicMessages
const introduction = `# Errors

Every failure has a stable code. It is \`error.code\`, the \`reason\` of the [event](events.md), the \`code\` of a
\`application/problem+json\` answer, and it stands beside the reference on the page that the person sees. The reference on
that page is \`reference\` in the event and \`error.reference\`: search your log for it.

\`error.message\`, \`error.help\` and \`error.cause\` are for you; \`error.publicTitle\` and \`error.publicMessage\` are what the
person reads. \`error.findings\` is what the last [diagnosis](doctor.md#while-the-application-runs) of such a failure found wrong with
the set-up, where there was one. None of them has a token, code, cookie or key in it, and no claim about the person, but for the assurance
level or the age of the authentication in the message of an error that refuses it.

The class says the family: \`ConfigurationError\` for options and wiring (500), \`ProviderError\` for CIS2 out of reach, slow
or not making sense (502, 503, 504), \`LoginError\` for a login refused (400, 401, 403), \`AccessError\` for a request not
allowed (400, 401, 403, 405, 413, and 503 for a prefetch), \`SessionError\` for the session store (503), \`PlatformError\` for
[the API platform](api-platform.md) (401, 403, 502, 503, 504). All of them are \`Cis2Error\`; tell causes apart by their code.

On the logout route the person reads the same whatever failed: “${stillLoggedIn.title}. ${stillLoggedIn.message}”

This page is written by \`npm run docs\` from \`lib/error-codes.ts\`, in the order of a person's journey.
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

const page = introduction + sections.join('')
if (process.argv.includes('--print')) process.stdout.write(page)
else writeFileSync(new URL('../docs/errors.md', import.meta.url), page)
