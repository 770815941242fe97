import { fail, pass, skipped, type Check } from '../check.js'
import type { Evidence } from '../evidence.js'
import { isMissing, rootOf } from '../parse-settings.js'

// What is wrong with these has a check of its own; that they are missing has not.
const elsewhere = ['jwks', 'signingKey', 'redirectUri']

export const settingsValid: Check = {
  id: 'settings-valid',
  title: 'The settings are valid',
  meaning:
    'The options are what `createCis2` takes. One that is missing or wrong is named, and the other checks go on without it.',
  remedy: 'Mend the options that are named; see docs/options.md.',
  needs: [],
  run(evidence) {
    const problems = evidence.settings.problems.filter(
      ({ option, message }) =>
        (!elsewhere.includes(rootOf(option)) || isMissing(message)) && isNeeded(message, evidence),
    )
    if (problems.length > 0)
      return fail({
        found: problems.map(({ option, message }) => `${option} ${message}`).join('; '),
        expected: 'every option is one that createCis2 takes',
        fix: 'Set what is missing and correct what is wrong; docs/options.md explains every option.',
      })
    if (evidence.settings.problems.length === 0) return pass()
    return evidence.isOurs && evidence.said === undefined
      ? pass('but for the key or the redirect URI, which have checks of their own')
      : skipped('what is missing is not needed to examine what was given')
  },
}

// To explain what another program sent, nobody needs to have all our settings.
function isNeeded(message: string, { isOurs, said }: Evidence): boolean {
  return (isOurs && said === undefined) || !isMissing(message)
}
