import { epochSeconds } from '../../clock.js'
import { fail, pass, warning, type Check } from '../check.js'
import { readableAssertion } from '../evidence.js'

const safeSeconds = 300
const refusedSeconds = 30 * 60

export const lifetimeShort: Check = {
  id: 'lifetime-short',
  title: 'The assertion lives for five minutes at most',
  meaning:
    '`exp` is there and near. CIS2 refuses an assertion that lives for longer than about 30 minutes; an hour is the default of some libraries. This library uses 60 seconds.',
  remedy: 'Set `exp` 60 to 300 seconds after `iat`.',
  needs: ['times-in-seconds'],
  run(evidence) {
    const { exp, iat, nbf } = readableAssertion(evidence)?.claims ?? {}
    const trouble = {
      expected: `exp at most ${safeSeconds} seconds after iat`,
      fix: 'Set exp to iat + 60, for every request anew.',
    }
    if (typeof exp !== 'number') return fail({ found: 'exp is missing', ...trouble })
    // A kept assertion is long over when it is read: its own iat says how long it was to live.
    const seconds = exp - (typeof iat === 'number' ? iat : epochSeconds())
    const found = `the assertion lives for ${seconds} seconds`
    if (seconds > refusedSeconds || (typeof iat === 'number' && seconds <= 0))
      return fail({ found, ...trouble })
    if (typeof nbf === 'number' && nbf >= exp) return fail({ found: 'nbf is not before exp', ...trouble })
    return seconds > safeSeconds ? warning({ found, ...trouble }) : pass()
  },
}
