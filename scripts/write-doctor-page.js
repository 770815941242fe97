// Writes docs/doctor.md from the doctor's checks, so that the two cannot differ; `--print` shows it instead.
// `npm run docs` builds first.
import { writeFileSync } from 'node:fs'
import { allChecks } from '../dist/doctor/all-checks.js'

const introduction = `# The doctor

CIS2 answers one sentence, “JWT is not valid”, to more than twenty different mistakes. The doctor finds out which one it is:

\`\`\`
npx express-cis2 doctor
\`\`\`

It reads the same \`CIS2_…\` variables as the application, asks CIS2 for its discovery document and your own address for the
key set, and makes an assertion as the application does. Run it where the application runs. It prints no key, no
secret and no assertion as a whole, and changes nothing.

| Option                                  | What it does                                                                                                                |
| --------------------------------------- | --------------------------------------------------------------------------------------------------------------------------- |
| \`--issuer\`, \`--client-id\`, \`--base-url\` | instead of the variable                                                                                                     |
| \`--config <file>\`                       | options of \`createCis2\` as JSON, instead of the variables                                                                   |
| \`--jwks-uri <url>\`                      | where the key set is published, when it is not \`baseUrl\` + \`/cis2/jwks\`; also \`CIS2_JWKS_URI\`                               |
| \`--live-probe\`, \`--no-live-probe\`       | sends a token request with a made-up code, or does not. It is sent unless CIS2 is the live service                          |
| \`--assertion <jwt, file or ->\`          | explains the assertion of another program, instead of our own. The token request that carries it, headers too, may be given |
| \`--token-error <file>\`                  | explains what the token endpoint answered, without a live probe                                                             |
| \`--json\`                                | prints the \`Diagnosis\`                                                                                                      |

It exits with 0 when no check failed, 1 when one did, and 2 when it was called wrongly. The first failure is the one to
mend first: checks that it makes pointless are skipped, with the reason.

## In a program

\`diagnose\` is the same as a function, without Express:

\`\`\`ts
import { diagnose, optionsFromEnv } from 'express-cis2'

const { ok, checks } = await diagnose(optionsFromEnv(process.env), { liveProbe: false })
for (const { id, status, found, fix } of checks) if (status === 'fail') console.log(id, found, fix)
process.exitCode = ok ? 0 : 1
\`\`\`

## While the application runs

When CIS2 refuses the client in a login, the same checks run by themselves, beside the request and without a live probe.
The event \`client_authentication.refused\` carries the findings, and so does \`login.diagnosed\` for other logins that
failed because of the set-up: the redirect URI, the clock, the key set, the discovery document, the issuer. Nobody waits for
them: the first error is answered before they are known, the errors after it carry them as \`error.findings\`. There is
at most one such diagnosis in five minutes for each error code, so findings may be as old as that. \`cis2.close()\` ends
one that is going on.

The key set is fetched from \`baseUrl\` + \`routes.jwks\`: set \`routes.jwks\` to where \`cis2.jwks()\` stands when you mount it
elsewhere. A machine that cannot reach its own public address finds \`jwks-reachable\` failed; run the doctor from outside.

## What it cannot see

- The registration. It ends with the values to compare in Connection Manager.
- The way from CIS2 to the key set. It is fetched from where the doctor runs.
- What the product behind CIS2 means. Its texts are read as hints, the likeliest cause first.

## The checks

This page is written by \`npm run docs\` from \`lib/doctor/checks\`, in the order in which they are made.
`

const sections = allChecks.map(
  ({ id, title, meaning, remedy }) => `
### ${id}

- **Healthy:** ${title}.
- **What it means:** ${meaning}
- **What to do:** ${remedy}
`,
)

const page = introduction + sections.join('')
if (process.argv.includes('--print')) process.stdout.write(page)
else writeFileSync(new URL('../docs/doctor.md', import.meta.url), page)
