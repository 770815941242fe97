// Writes docs/simulator.md from the simulator's own tables, so that the two cannot differ. Run `npm run build` first.
import { writeFileSync } from 'node:fs'
import { faultTable } from '../dist/simulator/faults/fault-table.js'
import { startSimulator } from '../dist/simulator/index.js'

const simulator = await startSimulator()
const people = simulator.people.map(({ key, description }) => `| \`${key}\` | ${cell(description)} |`)
await simulator.close()
const faults = faultTable.map(
  ({ title, description }) => `| \`${title}\` | ${cell(description.values)} | ${cell(description.does)} |`,
)

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

writeFileSync(
  new URL('../docs/simulator.md', import.meta.url),
  `# The simulator

A real OpenID provider on loopback, shaped like CIS2: its paths, its strings, its strictness with client assertions, and
invented people to log in as. It needs no CIS2 account. It refuses to start with \`NODE_ENV=production\`.

\`\`\`sh
npx express-cis2 simulator
\`\`\`

prints the environment variables for your application. In a test:

\`\`\`ts
import { startSimulator } from 'express-cis2/simulator'

const simulator = await startSimulator()
simulator.setFault('token.delay', 2000)
simulator.clearFaults()
await simulator.close()
\`\`\`

Spread \`simulator.client\` and \`issuer: simulator.issuer\` into \`createCis2\`. Without a browser, POST \`person=nurse\` (and
\`role=<person_roleid>\` where a role is asked for, or \`cancel=cancel\`) as a form to the address your login route redirects
to: the answer redirects to your callback.

Client assertions are checked against your application's live key set. CIS2 says one sentence for most mistakes; the
simulator says the same, and \`simulator.requests\` holds the precise cause as \`refusal\`.

## People

| Person | What is special |
| --- | --- |
${people.join('\n')}

## Faults

\`simulator.setFault(name, value)\` switches a fault on while it runs; \`clearFaults()\` ends them all. \`<endpoint>\` is
\`discovery\`, \`jwks\`, \`authorize\`, \`token\`, \`userInfo\` or \`endSession\`; \`<token>\` is \`idToken\`, \`logoutToken\` or
\`signedUserInfo\`.

| Fault | Values | What the simulator then does |
| --- | --- | --- |
${faults.join('\n')}

## What it does not simulate

CIS2's single sign-on (every login asks for a person), authenticators and smartcards, its rate limits, and the
registration tool. Whether CIS2 itself behaves in one of the ways that the specifications leave open is not known here.
`,
)
